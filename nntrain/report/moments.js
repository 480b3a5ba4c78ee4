// The decision boundary from epoch to epoch: a slider, and a button that goes through them once; nothing moves by itself.
function moments(figure) {
  const frames = [...figure.querySelectorAll("image.moment")], best = Number(figure.dataset.best);
  if (frames.length < 2) return;
  const epochs = frames.map((frame) => Number(frame.dataset.epoch)), last = epochs[epochs.length - 1];
  const output = figure.querySelector("output"), bar = document.createElement("div");
  const slider = document.createElement("input"), play = document.createElement("button"), label = document.createElement("label");
  const told = (i) => `epoch ${epochs[i]} of ${last}`;
  let timer = 0;
  function show(i) {
    frames.forEach((frame, k) => frame.setAttribute("visibility", k === i ? "visible" : "hidden"));
    slider.value = i;
    slider.setAttribute("aria-valuetext", told(i));
    output.textContent = told(i) + (epochs[i] === best ? ", the best" : epochs[i] === 0 ? ", before the first step" : "");
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "play";
  }
  play.type = "button";
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) === frames.length - 1) show(0);
    play.textContent = "pause";
    timer = setInterval(() => {
      show(Number(slider.value) + 1);
      if (Number(slider.value) === frames.length - 1) stop();
    }, 300);
  });
  Object.assign(slider, { type: "range", min: 0, max: frames.length - 1, step: 1 });
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  label.append("epoch", slider);
  bar.className = "controls";
  bar.append(play, label);
  output.before(bar);
  stop();
  show(epochs.indexOf(best));
}
