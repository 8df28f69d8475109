/** One EventSource that comes back by itself, also after an answer that EventSource gives up on. */

const KINDS = ["beat", "changed", "unrecorded", "recorded", "closed"];
const RETRY = 2000;

/**
 * @param {string} url
 * @param {string} since changes after this instant of the server's clock are told at once
 * @param {(message: {type: string, data: any}) => void} tell
 * @returns {() => void} closes it
 */
export function open(url, since, tell) {
  /** @type {EventSource} */
  let source;
  let timer = 0;
  let over = false;
  const connect = () => {
    const address = new URL(url);
    address.searchParams.set("since", since);
    source = new EventSource(address);
    for (const type of KINDS) {
      source.addEventListener(type, (event) => {
        since = event.lastEventId || since;
        tell({ type, data: JSON.parse(event.data) });
      });
    }
    source.onerror = () => {
      if (!over) tell({ type: "lost", data: {} });
      if (over || source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, RETRY);
    };
  };
  connect();
  return () => {
    over = true;
    clearTimeout(timer);
    source.close();
  };
}
