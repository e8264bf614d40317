// The address of what is shown: "#/workloads/shop/Deployment/checkout", "#/workloads?sort=cpu&page=2".

export interface Route {
  page: string; // "" is the overview
  id: string; // what of it; "" is the whole list
  query: URLSearchParams;
}

export function currentRoute(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...rest] = path.split("/");
  return { page, id: rest.map(decodeURIComponent).join("/"), query: new URLSearchParams(query) };
}

export function workloadHref(id: string): string {
  return `#/workloads/${id.split("/").map(encodeURIComponent).join("/")}`;
}

export function nodeHref(name: string): string {
  return `#/nodes/${encodeURIComponent(name)}`;
}

export function alertHref(fingerprint: string): string {
  return `#/alerts/${fingerprint}`;
}

// The same page with these parameters; empty ones are left out. A change of anything but the page number goes
// back to the first one.
export function withQuery(route: Route, changes: Record<string, string>): string {
  const query = new URLSearchParams(route.query);
  if (!("page" in changes)) query.delete("page");
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return `#/${route.page}${route.id && `/${route.id}`}${text && `?${text}`}`;
}
