/*
 * A large file that survives a dropped connection. Load it (block `js`, defer) and put on the form's field:
 *
 *   <div data-recording="/address to announce it/" data-limit="bytes a plain form takes">
 *     <input type="hidden" name="arrival"> <input type="file" name="document">
 *     <progress data-recording-bar hidden></progress>
 *     <p role="status" data-recording-status data-sending="…{percent}…" data-lost="…" data-stopped="…"
 *        data-checking="…" data-ready="…" data-held="…"></p>
 *     <button type="button" data-recording-again hidden>
 *   </div>
 *
 * The file goes to the server in parts (tus 1.0.0) as soon as it is chosen; the form then carries its key.
 * The same file chosen again goes on where it stood, also after a new start of the browser. Without scripts,
 * or when parts fail for good, the form sends the file itself, as far as it takes one.
 */
const WAITS = [1, 2, 4, 8, 15, 30, 30, 30, 60];
const HEADERS = { "Tus-Resumable": "1.0.0" };

class Dropped extends Error {}
class Refused extends Error {}

function setUp(box) {
  const form = box.closest("form");
  const chooser = box.querySelector("input[type=file]");
  const key = box.querySelector("input[type=hidden]");
  const bar = box.querySelector("[data-recording-bar]");
  const status = box.querySelector("[data-recording-status]");
  const again = box.querySelector("[data-recording-again]");
  const plainName = chooser.name;
  const token = form.elements.csrfmiddlewaretoken.value;
  let run = 0; // a newer choice makes an older one stop
  let isBusy = false;
  let held = null;

  const say = (name, facts = {}) => {
    status.dataset.state = name;
    const words = facts.sentence ?? status.dataset[name] ?? "";
    status.textContent = words.replace("{percent}", facts.percent ?? "");
  };

  async function ask(address, options = {}) {
    let answer;
    try {
      answer = await fetch(address, {
        ...options,
        headers: { ...HEADERS, "X-CSRFToken": token, ...options.headers },
        redirect: "error",
      });
    } catch {
      throw new Dropped();
    }
    // Damaged on its way, a server that starts anew, too many requests: once more.
    if ([408, 425, 429, 460].includes(answer.status) || (answer.status >= 500 && answer.status !== 507)) throw new Dropped();
    if (!answer.ok && answer.status !== 409) {
      const { sentence } = await answer.json().catch(() => ({}));
      throw new Refused(sentence);
    }
    return answer;
  }

  async function checksum(part) {
    if (!crypto.subtle) return {};
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await part.arrayBuffer()));
    return { "Upload-Checksum": `sha256 ${btoa(String.fromCharCode(...digest))}` };
  }

  const inBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

  async function announce(file) {
    const answer = await ask(box.dataset.recording, {
      method: "POST",
      headers: { "Upload-Length": String(file.size), "Upload-Metadata": `filename ${inBase64(file.name)}` },
    });
    const { part, received } = await answer.json();
    return { address: answer.headers.get("Location"), size: part, received };
  }

  async function send(file, mine) {
    const way = await announce(file);
    while (way.received < file.size) {
      if (mine !== run) return null;
      const percent = Math.floor((100 * way.received) / file.size);
      bar.value = percent;
      say(held ? "held" : "sending", { percent });
      const part = file.slice(way.received, way.received + way.size);
      const answer = await ask(way.address, {
        method: "PATCH",
        body: part,
        headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(way.received), ...(await checksum(part)) },
      });
      const received = Number(answer.headers.get("Upload-Offset"));
      if (received > way.received) box.dispatchEvent(new CustomEvent("recording:progress"));
      way.received = received;
    }
    bar.value = 100;
    return way.address;
  }

  async function checked(address, mine) {
    for (let wait = 500; mine === run; wait = Math.min(3000, wait * 1.5)) {
      const { state, sentence } = await (await ask(address)).json();
      if (state === "ready") return true;
      if (state === "refused" || state === "held") throw new Refused(sentence);
      say(held ? "held" : "checking"); // who pressed already reads that it goes by itself
      await new Promise((later) => setTimeout(later, wait));
    }
    return false;
  }

  async function work(file) {
    const mine = ++run;
    isBusy = true;
    key.value = "";
    chooser.removeAttribute("name"); // the form carries the key instead
    again.hidden = true;
    bar.hidden = false;
    let failures = 0;
    box.addEventListener("recording:progress", () => { failures = 0; });
    while (mine === run) {
      try {
        const address = await send(file, mine);
        if (address && (await checked(address, mine))) {
          key.value = address.split("/").filter(Boolean).pop();
          finish("ready");
        }
        return;
      } catch (error) {
        if (mine !== run) return;
        if (error instanceof Refused) return stop(file, error.message);
        if (!(error instanceof Dropped)) throw error;
        if (failures >= WAITS.length) return stop(file, status.dataset.stopped);
        say("lost", { percent: bar.value });
        await new Promise((later) => setTimeout(later, 1000 * WAITS[failures++]));
      }
    }
  }

  function finish(state) {
    isBusy = false;
    say(state);
    if (held) {
      const button = held;
      held = null;
      form.requestSubmit(button);
    }
  }

  function stop(file, sentence) {
    isBusy = false;
    held?.removeAttribute("aria-busy");
    held = null;
    bar.hidden = true;
    again.hidden = false;
    say("stopped", { sentence });
    // What a plain form takes can still go with it.
    if (file.size <= Number(box.dataset.limit)) chooser.name = plainName;
  }

  chooser.addEventListener("change", () => {
    const file = chooser.files[0];
    run += 1;
    if (file) return void work(file);
    isBusy = false;
    key.value = "";
    bar.hidden = true;
    again.hidden = true;
    chooser.name = plainName;
    say("none");
  });
  again.addEventListener("click", () => chooser.files[0] && void work(chooser.files[0]));
  form.addEventListener("submit", (event) => {
    if (!isBusy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held = event.submitter;
    held?.setAttribute("aria-busy", "true");
    say("held");
  }, { capture: true });
  window.addEventListener("beforeunload", (event) => {
    if (isBusy) event.preventDefault();
  });
}

document.querySelectorAll("[data-recording]").forEach(setUp);
