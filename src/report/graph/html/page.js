'use strict';
// Dragging, zooming, and the panel that tells of a machine. Names come from files and from the kernel: they are only ever
// set as text.
const picture = document.getElementById('picture');
const stage = document.getElementById('stage');
const panel = document.getElementById('panel');
const data = JSON.parse(document.getElementById('data').textContent || '{}');
const machines = new Map([...(data.machines || []), ...(data.fabric ? [data.fabric] : [])].map((one) => [one.name, one]));
const [, , width, height] = picture.getAttribute('viewBox').split(' ').map(Number);

let view = { x: 0, y: 0, w: width, h: height };
const look = () => picture.setAttribute('viewBox', `${view.x} ${view.y} ${view.w} ${view.h}`);

// How many of the picture's pixels one of the screen's is.
const ratio = () => Math.max(view.w / stage.clientWidth, view.h / stage.clientHeight);

// Zooms around a place of the screen, which stays where it is; the picture is centred in the stage.
function zoom(factor, clientX = stage.clientWidth / 2, clientY = stage.clientHeight / 2) {
  const most = Math.max(width, height) * 4;
  const w = view.w * factor;
  if (w < 120 || w > most) return;
  const before = ratio();
  const place = {
    x: view.x + view.w / 2 + (clientX - stage.clientWidth / 2) * before,
    y: view.y + view.h / 2 + (clientY - stage.clientHeight / 2) * before,
  };
  view = { x: place.x - (place.x - view.x) * factor, y: place.y - (place.y - view.y) * factor, w, h: view.h * factor };
  look();
}

function move(dx, dy) {
  view.x += dx;
  view.y += dy;
  look();
}

function whole() {
  view = { x: 0, y: 0, w: width, h: height };
  look();
}

// One finger or the mouse drags, two fingers zoom.
const pointers = new Map();
let dragged = false;
stage.addEventListener('pointerdown', (event) => {
  pointers.set(event.pointerId, event);
  dragged = false;
});
stage.addEventListener('pointermove', (event) => {
  const last = pointers.get(event.pointerId);
  if (!last) return;
  const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY];
  const other = [...pointers.values()].find((one) => one.pointerId !== event.pointerId);
  if (other) {
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    zoom(apart(last) / apart(event), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
  } else if (dragged || Math.hypot(dx, dy) > 4) {
    if (!dragged) stage.setPointerCapture(event.pointerId);
    dragged = true;
    stage.classList.add('moving');
    move(-dx * ratio(), -dy * ratio());
  } else {
    return;
  }
  pointers.set(event.pointerId, event);
});
for (const end of ['pointerup', 'pointercancel']) {
  window.addEventListener(end, (event) => {
    pointers.delete(event.pointerId);
    stage.classList.remove('moving');
  });
}
stage.addEventListener('wheel', (event) => {
  event.preventDefault();
  zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 300), event.clientX, event.clientY);
}, { passive: false });

document.getElementById('closer').addEventListener('click', () => zoom(0.8));
document.getElementById('farther').addEventListener('click', () => zoom(1.25));
document.getElementById('whole').addEventListener('click', whole);
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = 60 * ratio();
  const keys = {
    '+': () => zoom(0.8), '=': () => zoom(0.8), '-': () => zoom(1.25), '0': whole,
    ArrowLeft: () => move(-step, 0), ArrowRight: () => move(step, 0), ArrowUp: () => move(0, -step), ArrowDown: () => move(0, step),
    Escape: () => choose(null),
  };
  const machine = event.target.closest ? event.target.closest('[data-machine]') : null;
  if (machine && (event.key === 'Enter' || event.key === ' ')) {
    event.preventDefault();
    choose(machine);
  } else if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});

// The panel shows the machine that is pointed at, or else the one that was chosen by a click, a tap or a key.
let chosen = null;
function choose(group) {
  if (chosen) chosen.classList.remove('chosen');
  chosen = chosen === group ? null : group;
  if (chosen) chosen.classList.add('chosen');
  show(chosen);
}

function make(name, text, parent, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  parent.append(made);
  return made;
}

function list(heading, entries) {
  if (!entries.length) return;
  make('h3', heading, panel);
  const all = make('ul', '', panel);
  for (const { text, drift, trouble } of entries) {
    const item = make('li', text, all);
    const odd = [drift, trouble].filter(Boolean).join(', ');
    if (odd) make('span', ` ${odd}`, item, 'bad');
  }
}

function links(machine) {
  return machine.links.flatMap((link) => {
    const words = [link.name, link.kind && `(${link.kind})`, link.master && `port of ${link.master}`,
      link.peer && `═ ${link.peer.machine} ${link.peer.link}`, link.vni !== undefined && `VNI ${link.vni}`,
      `mtu ${link.mtu}`, link.mac];
    const head = { text: words.filter(Boolean).join(' '), drift: link.drift, trouble: link.trouble };
    const addresses = [...link.addresses, ...(link.ownAddresses || []).map((text) => ({ text }))];
    return [head, ...addresses.map(({ text, drift }) => ({ text: `\u00a0\u00a0${text}`, drift }))];
  });
}

function show(group) {
  const machine = group && machines.get(group.dataset.machine);
  panel.hidden = !machine;
  panel.replaceChildren();
  if (!machine) return;
  // Beside the machine and not on it; while it is only pointed at, the mouse goes through.
  const place = group.getBoundingClientRect();
  panel.classList.toggle('left', machine.kind !== 'fabric' && (place.left + place.right) / 2 > stage.clientWidth * 0.55);
  panel.classList.toggle('fleeting', group !== chosen);
  const close = make('button', '×', panel);
  close.setAttribute('aria-label', 'Close');
  close.addEventListener('click', () => choose(null));
  const title = make('h2', machine.name, panel);
  const kind = machine.kind === 'foreign' ? 'made by hand' : machine.kind;
  make('small', machine.within ? `${kind} in ${machine.within}` : kind === machine.name ? 'the lab’s base namespace' : kind, title);
  const marks = (data.drift || []).filter((mark) => mark.machine === machine.name);
  list('Differs from the plan', marks.map((mark) => ({ text: `${mark.number} ${mark.what}`, drift: mark.sort })));
  list('Links and addresses', links(machine));
  list('Routes', machine.routes);
  list('Rules', machine.rules);
}

for (const group of picture.querySelectorAll('[data-machine]')) {
  group.addEventListener('click', (event) => {
    event.stopPropagation();
    if (!dragged) choose(group);
  });
  group.addEventListener('pointerover', (event) => {
    event.stopPropagation();
    if (event.pointerType === 'mouse' && !pointers.size) show(group);
  });
  group.addEventListener('focus', () => {
    if (group.matches(':focus-visible')) show(group);
  });
}
stage.addEventListener('pointerover', (event) => {
  if (event.pointerType === 'mouse' && !event.target.closest('[data-machine]')) show(chosen);
});
stage.addEventListener('click', () => {
  if (!dragged && chosen) choose(chosen);
});
