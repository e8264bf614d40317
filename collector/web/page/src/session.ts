// The token that a collector asks for before anybody may read, where it does. It is kept for this tab alone, until
// the tab is closed.

const key = "loadline-read-token";

export const session = {
  token: (): string => sessionStorage.getItem(key) ?? "",
  keep: (token: string): void => sessionStorage.setItem(key, token),
};

// fetch, with the token where there is one. A collector that makes too many large answers at once says when to come
// again: that is done once.
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const token = session.token();
  const headers = new Headers(init.headers);
  if (token && !headers.has("Authorization")) headers.set("Authorization", `Bearer ${token}`);
  const answer = await fetch(path, { ...init, headers });
  const wait = Number(answer.headers.get("Retry-After") ?? NaN);
  if (answer.status !== 503 || !(wait <= 2) || (init.method ?? "GET") !== "GET") return answer;
  await new Promise((resolve) => window.setTimeout(resolve, wait * 1000));
  return fetch(path, { ...init, headers });
}
