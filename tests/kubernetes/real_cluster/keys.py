"""The cluster's own certificate authority, and a kubeconfig for everybody who talks to the API server."""

import base64
import json
import subprocess
import time

API_ADDRESS = "192.168.77.1"
API_PORT = 6443
SERVICE_ADDRESS = "10.96.0.1"


def _openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


def _base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _two_numbers(signature):
    """A token holds r and s of its signature side by side; openssl writes them as ASN.1 integers."""
    numbers, at = b"", 2
    for _ in range(2):
        length = signature[at + 1]
        numbers += signature[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + length
    return numbers


class Authority:
    """Writes keys, certificates and kubeconfigs into one folder. Elliptic curves: a key takes milliseconds."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "ca.crt").exists():
            self._key("ca")
            _openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=loadline-test-ca", "-days", "30",
                     "-out", "ca.crt", cwd=folder)

    def _key(self, name):
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key", cwd=self.folder)

    def _sign(self, name, subject, extension):
        self._key(name)
        (self.folder / f"{name}.ext").write_text(extension)
        _openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr", cwd=self.folder)
        _openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.crt", cwd=self.folder)

    def service_account_key(self):
        self._key("service-account")
        _openssl("ec", "-in", "service-account.key", "-pubout", "-out", "service-account.pub", cwd=self.folder)

    def outdated(self, token):
        """The same token as it would be had it been made two hours ago, for an hour."""
        header, claims, _ = token.strip().split(".")
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        claims.update(iat=int(time.time()) - 7200, nbf=int(time.time()) - 7200, exp=int(time.time()) - 3600)
        text = f"{header}.{_base64url(json.dumps(claims).encode())}"
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", "service-account.key"], cwd=self.folder,
                                input=text.encode(), capture_output=True, check=True).stdout
        return f"{text}.{_base64url(_two_numbers(signed))}"

    def serving(self, name, dns_names, addresses):
        names = ",".join([f"DNS:{n}" for n in dns_names] + [f"IP:{a}" for a in addresses])
        self._sign(name, f"/CN={name}", f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")

    def client(self, name, user, group):
        """A client certificate, and NAME.kubeconfig that uses it."""
        subject = (f"/O={group}" if group else "") + f"/CN={user}"
        self._sign(name, subject, "extendedKeyUsage=clientAuth\n")
        # Everything is embedded, so the file can be used from any mount namespace.
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "loadline-test",
            "clusters": [{"name": "loadline-test", "cluster": {
                "server": f"https://{API_ADDRESS}:{API_PORT}", "certificate-authority-data": self._data("ca.crt")}}],
            "users": [{"name": user, "user": {"client-certificate-data": self._data(f"{name}.crt"),
                                              "client-key-data": self._data(f"{name}.key")}}],
            "contexts": [{"name": "loadline-test", "context": {"cluster": "loadline-test", "user": user}}],
        }
        # JSON is YAML.
        (self.folder / f"{name}.kubeconfig").write_text(json.dumps(config, indent=1))

    def _data(self, file):
        return base64.b64encode((self.folder / file).read_bytes()).decode()
