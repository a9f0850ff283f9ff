// The page's line to the simulator: the verbs of the phones, files, codes, and the stream of news.

/** Calls a verb. Throws an Error with the simulator's own words when it refuses. */
export async function call(verb, body) {
  const response = await fetch(`/control/${verb}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

/** Stores a file; answers the hash by which a message names it. */
export async function upload(blob) {
  const response = await fetch("/media", { method: "POST", body: blob });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()).filehash;
}

/** Where a message's file is shown from. */
export const fileAddress = ({ filehash, mimetype }) =>
  `/phone/media/${encodeURIComponent(filehash)}?type=${encodeURIComponent(mimetype ?? "")}`;

/** The codes that open pages show now: their texts and modules. */
export const codes = async () => (await fetch("/phone/codes")).json();

/** Follows what a number's phone shows; `hear` gets the parts that differ. Answers how to stop. */
export function follow(number, hear, lost) {
  const query = number ? `?number=${encodeURIComponent(number)}` : "";
  const source = new EventSource(`/phone/news${query}`);
  source.onmessage = ({ data }) => hear(JSON.parse(data));
  source.onerror = () => lost(true);
  source.onopen = () => lost(false);
  return () => source.close();
}
