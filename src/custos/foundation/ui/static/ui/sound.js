/**
 * Sounds while anything on the page carries `data-alarm`: two tones every five seconds.
 *
 * Browsers let a page sound only after its reader has touched it once; until then the page says so.
 */

const EVERY = 5000;
const TONES = 3;

/** @type {AudioContext | undefined} */
let audio;
let next = 0;

const hint = () => document.getElementById("sound");

/** @param {AudioContext} context */
function play(context) {
  const start = context.currentTime;
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.type = "square";
  for (let index = 0; index < TONES; index += 1) {
    tone.frequency.setValueAtTime(988, start + index * 0.5);
    tone.frequency.setValueAtTime(740, start + index * 0.5 + 0.25);
  }
  volume.gain.setValueAtTime(0.2, start);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + TONES * 0.5);
}

/** Sounds at once where it is time to; called too whenever something to sound for has appeared. */
export function sound() {
  const place = hint();
  if (!place) return;
  if (!document.querySelector("[data-alarm]")) {
    place.hidden = true;
    next = 0;
    return;
  }
  audio ??= new AudioContext();
  place.hidden = audio.state === "running";
  if (audio.state !== "running" || performance.now() < next) return;
  next = performance.now() + EVERY;
  play(audio);
}

function unlock() {
  audio ??= new AudioContext();
  audio.resume().then(sound);
}

for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, unlock, { once: true });
setInterval(sound, 500);
