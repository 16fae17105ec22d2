// A hundred episodes as little pictures of their paths, to sort by any score and to pick from.

const GALLERIES = new WeakMap();
const SVG = "http://www.w3.org/2000/svg";

export default function gallery(component) {
  const root = component.parentElement;
  const state = GALLERIES.get(root) || { order: component.data.orders[0].key };
  GALLERIES.set(root, state);
  const { data } = component;
  const element = root.querySelector(".gallery");
  const cells = element.querySelector(".cells");
  element.querySelector(".word").textContent = data.words.sort;
  cells.setAttribute("aria-label", data.words.label);
  element.querySelector(".key").replaceChildren(
    ...data.outcomes.map(({ name, colour, count }) => {
      const item = document.createElement("span");
      item.textContent = `${name} ${count}`;
      item.style.setProperty("--colour", colour);
      return item;
    }),
  );
  const select = element.querySelector("select");
  select.replaceChildren(...data.orders.map(({ key, name }) => new Option(name, key, false, key === state.order)));
  const pictures = new Map(data.episodes.map((episode) => [episode.seed, picture(episode, component)]));
  const sort = () => {
    const { key, unit, digits } = data.orders.find((order) => order.key === state.order);
    const value = (episode) => episode.scores[key];
    const known = data.episodes.filter((episode) => value(episode) !== null);
    const unknown = data.episodes.filter((episode) => value(episode) === null);
    known.sort((a, b) => (key === "seed" ? value(a) - value(b) : value(b) - value(a)));
    cells.replaceChildren(
      ...[...known, ...unknown].map((episode) => {
        const button = pictures.get(episode.seed);
        const shown = value(episode) === null ? "–" : `${value(episode).toFixed(digits).replace("-", "−")}${unit}`;
        button.querySelector("span").textContent = shown;
        button.setAttribute("aria-label", `${data.words.seed} ${episode.seed}, ${episode.outcome}, ${shown}`);
        button.setAttribute("aria-pressed", String(episode.seed === data.chosen));
        button.title = button.getAttribute("aria-label");
        return button;
      }),
    );
  };
  select.onchange = () => {
    state.order = select.value;
    sort();
  };
  const active = element.getRootNode().activeElement;
  const focused = active && cells.contains(active) ? active.dataset.seed : null;
  sort();
  if (focused !== null) pictures.get(Number(focused)).focus({ preventScroll: true });
}

function picture(episode, component) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.seed = episode.seed;
  button.style.setProperty("--colour", episode.colour);
  button.classList.toggle("chosen", episode.seed === component.data.chosen);
  const [wide, high] = component.data.world;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  svg.setAttribute("aria-hidden", "true");
  const line = (points, colour, width) => {
    const made = document.createElementNS(SVG, "polyline");
    made.setAttribute("points", points.map(([x, y]) => `${x},${(high - y).toFixed(2)}`).join(" "));
    made.setAttribute("fill", "none");
    made.setAttribute("stroke", colour);
    made.setAttribute("stroke-width", width);
    svg.append(made);
  };
  line(component.data.pad, "#e6c619", 0.35);
  line(episode.path, "#b9aaff", 0.3);
  const end = document.createElementNS(SVG, "circle");
  const [x, y] = episode.path[episode.path.length - 1];
  end.setAttribute("cx", x);
  end.setAttribute("cy", high - y);
  end.setAttribute("r", 0.75);
  end.setAttribute("fill", episode.colour);
  svg.append(end);
  button.append(svg, document.createElement("span"));
  button.onclick = () => component.setTriggerValue("picked", episode.seed);
  return button;
}
