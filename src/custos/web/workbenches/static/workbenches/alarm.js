/**
 * A task of the first level that nobody has accepted sounds until somebody does.
 *
 * Watches the list of now: while a row carries `data-alarm` two tones are played every five seconds.
 * Browsers let a page sound only after its reader has touched it once; until then the page says so.
 */

const EVERY = 5000;

/** @type {AudioContext | undefined} */
let audio;
let next = 0;

const alarming = () => document.querySelector("[data-alarm]") !== null;
const hint = () => document.getElementById("sound");

function tones() {
  if (!audio) return;
  const start = audio.currentTime;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.setValueAtTime(880, start);
  tone.frequency.setValueAtTime(660, start + 0.25);
  volume.gain.setValueAtTime(0.2, start);
  tone.connect(volume).connect(audio.destination);
  tone.start(start);
  tone.stop(start + 0.5);
}

function look() {
  const place = hint();
  if (!alarming()) {
    next = 0;
    return;
  }
  audio ??= new AudioContext();
  if (audio.state !== "running") {
    if (place) place.hidden = false;
    return;
  }
  if (performance.now() < next) return;
  next = performance.now() + EVERY;
  tones();
}

function unlock() {
  audio ??= new AudioContext();
  audio.resume().then(() => {
    const place = hint();
    if (place) place.hidden = true;
    look();
  });
}

for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, unlock, { once: true });
setInterval(look, 500);
