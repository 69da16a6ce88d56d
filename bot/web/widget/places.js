// Places near a citizen: cards, a map of our own, and the question where they are. The widget loads this with the first of them.

const MAP_WIDTH = 340;
const MAP_HEIGHT = 220;
const MAP_EDGE = 26;
const KM_A_DEGREE = 111.2;
const POSITION_MS_MAX = 10 * 60_000; // after that the citizen may be elsewhere

/** Drawings of one stroke: letters that look like these are missing in some fonts. */
const ICONS = {
  code: 'M7.5 3.5 6 16.5M14 3.5l-1.5 13M4 7.5h13M3 12.5h13',
  address: 'M10 17.5s5.5-5 5.5-9a5.5 5.5 0 0 0-11 0c0 4 5.5 9 5.5 9zM12 8.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
  distance: 'M3 10h14M6 7l-3 3 3 3M14 7l3 3-3 3',
  phone: 'M6.2 3.5 8 7.2 6.4 8.7a9 9 0 0 0 4.9 4.9L12.8 12l3.7 1.8v2.2a1.5 1.5 0 0 1-1.7 1.5A13 13 0 0 1 2.5 5.2 1.5 1.5 0 0 1 4 3.5z',
  hours: 'M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM10 6v4l2.5 2',
  way: 'M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM12.8 7.2l-1.6 4-4 1.6 1.6-4z',
};

const TEXTS = {
  vi: {
    locating: 'Đang hỏi vị trí của máy…',
    locationDenied: 'Máy chưa cho phép dùng vị trí. Không sao, bạn gõ tên phường, xã là được.',
    locationFailed: 'Mình chưa lấy được vị trí. Bạn gõ tên phường, xã giúp mình nhé.',
    facilityCode: 'Mã KCB',
    address: 'Địa chỉ',
    phone: 'Điện thoại',
    distance: 'Khoảng cách',
    hours: 'Giờ làm việc',
    way: 'Chỉ đường',
    wrongPlace: 'Báo sai',
    map: 'Sơ đồ vị trí',
    mapCoarse: 'Vòng nét đứt: vị trí gần đúng.',
    yourPlace: 'Bạn',
    from: 'cách',
    compass: ['bắc', 'đông bắc', 'đông', 'đông nam', 'nam', 'tây nam', 'tây', 'tây bắc'],
    towards: 'về phía',
    atMiddle: 'ở gần trung tâm',
  },
  en: {
    locating: 'Asking the device for its location…',
    locationDenied: 'The location is not allowed. Never mind, type the name of the commune.',
    locationFailed: 'No location could be had. Please type the name of the commune.',
    facilityCode: 'Facility code',
    address: 'Address',
    phone: 'Telephone',
    distance: 'Distance',
    hours: 'Opening hours',
    way: 'Directions',
    wrongPlace: 'Report',
    map: 'Map',
    mapCoarse: 'Dashed circle: about there.',
    yourPlace: 'You',
    from: 'away from',
    compass: ['north', 'northeast', 'east', 'southeast', 'south', 'southwest', 'west', 'northwest'],
    towards: 'to the',
    atMiddle: 'near the middle of',
  },
};

const STYLE = `
.places { list-style: none; margin: 9px 0 0; padding: 0; display: grid; gap: 8px; }
.place { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 12px 14px 4px; margin: 0; }
.place + .place { margin-top: 0; }
.place h3 { display: flex; gap: 9px; margin: 0; font-size: 1em; font-weight: 650; }
.place h3 span:first-child { flex: none; min-width: 24px; height: 24px; border-radius: 12px; display: grid; place-items: center; background: var(--blue); color: #fff; font-size: .8125em; }
.place dl { margin: 7px 0 0; display: grid; gap: 3px; }
.place dl > div { display: flex; gap: 7px; }
.place dt { flex: none; width: 20px; height: 1.5em; display: grid; place-items: center; color: var(--soft); }
.place svg { width: 18px; height: 18px; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.place dd { margin: 0; min-width: 0; }
.place .remark { margin: 6px 0 0; padding: 6px 10px; border-radius: 9px; background: var(--tint); font-size: .875em; }
.place .from { margin: 6px 0 0; color: var(--soft); font-size: .8125em; }
.place .acts { display: flex; flex-wrap: wrap; gap: 0 4px; margin: 2px -8px 0; }
.place .acts > * { min-height: 44px; padding: 0 8px; display: inline-flex; align-items: center; gap: 6px; border-radius: 9px; font-weight: 600; color: var(--link); text-decoration: none; }
.place .acts > button { margin-left: auto; font-weight: 400; color: var(--soft); text-decoration: underline; text-underline-offset: 3px; font-size: .875em; }
.map { margin: 9px 0 0; border: 1px solid var(--line); border-radius: 14px; overflow: hidden; background: var(--card); }
.map svg { width: 100%; height: auto; stroke: none; }
.map figcaption { display: flex; flex-wrap: wrap; gap: 0 12px; padding: 6px 12px 8px; color: var(--soft); font-size: .8125em; }
.map .legend { display: inline-flex; align-items: center; gap: 6px; }
.map .legend::before { content: ''; width: 10px; height: 10px; border-radius: 5px; background: var(--warm); }
.map .ground { fill: var(--ground); }
.map .commune { fill: var(--soft); }
.map .name { fill: var(--soft); font-size: 11px; paint-order: stroke; stroke: var(--ground); stroke-width: 3px; stroke-linejoin: round; }
.map .name.centre { fill: var(--ink); font-weight: 650; }
.map .area { fill: none; stroke: var(--blue); stroke-width: 1.5; stroke-dasharray: 4 4; }
.map .pin { fill: var(--blue); stroke: var(--card); stroke-width: 2; }
.map .digit { fill: #fff; font-size: 12px; font-weight: 700; text-anchor: middle; }
.map .you { fill: var(--warm); stroke: var(--card); stroke-width: 2; }
.map .scale { fill: none; stroke: var(--soft); stroke-width: 1.5; }
@media (forced-colors: active) { .place h3 span:first-child { border: 1px solid; } .map svg { forced-color-adjust: none; } }
`;

/** `send(location)` resolves to null when it was taken, else to a sentence. */
export function places({ addStyle, el, button, hidden, link, safeLink, choose, tell, send, lang, locale }) {
  const T = TEXTS[lang];
  addStyle(STYLE);

  const kilometres = (km) => (km < 1 ? `${Math.max(1, Math.round(km * 10)) * 100} m` : `${km.toLocaleString(locale, { maximumFractionDigits: km < 10 ? 1 : 0 })} km`);

  const make = (tag, attributes, ...parts) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    node.append(...parts);
    return node;
  };
  const icon = (name) => make('svg', { viewBox: '0 0 20 20', 'aria-hidden': 'true' }, make('path', { d: ICONS[name] }));

  /** Cards with what is needed to go there; the map beside says nothing that they do not. */
  function placeCards(list) {
    const fact = (drawing, name, ...value) => el('div', el('dt', icon(drawing), hidden(`${name}: `)), el('dd', ...value));
    return el('ol.places', ...list.cards.map((card) => {
      const dial = card.phone_href && safeLink(card.phone_href);
      const way = card.directions && safeLink(card.directions);
      return el('li.place',
        el('h3', el('span', String(card.number)), el('span', card.name)),
        el('dl',
          card.code && fact('code', T.facilityCode, `${T.facilityCode} ${card.code}`),
          card.address && fact('address', T.address, card.address),
          card.distance && fact('distance', T.distance, card.distance),
          card.phone && fact('phone', T.phone, dial ? link(dial, card.phone) : card.phone),
          card.hours && fact('hours', T.hours, card.hours)),
        ...(card.notes ?? []).map((note) => el('p.remark', note)),
        el('p.from', card.source),
        el('div.acts',
          dial && link(dial, { 'aria-label': `${T.phone}: ${card.name}` }, icon('phone'), card.phone.split(/[;/,]/)[0].trim()),
          way && link(way, { 'aria-label': `${T.way}: ${card.name}` }, icon('way'), T.way),
          card.wrong && button('', { 'aria-label': `${T.wrongPlace}: ${card.name}`, click: () => choose(card.wrong, `${T.wrongPlace}: ${card.name}`) }, T.wrongPlace)));
    }));
  }

  let position = null; // where the citizen was when asked last: {lat, lon, at}; kept in memory alone

  /** A map of our own: points of communes, the places in the middle of them, a scale. Nothing is fetched. */
  function placeMap({ map, cards, attribution }) {
    if (!map?.places?.length) return null;
    const you = position && Date.now() - position.at < POSITION_MS_MAX ? position : null;
    const middle = map.communes.find((commune) => commune.here) ?? map.communes[0];
    const near = Math.cos(((middle ?? map.places[0]).lat * Math.PI) / 180);
    const flat = (point) => ({ x: point.lon * KM_A_DEGREE * near, y: -point.lat * KM_A_DEGREE });
    const shown = [...map.places, ...(you ? [you] : []), ...(middle ? [middle] : [])].map(flat);
    const span = (axis) => [Math.min(...shown.map((point) => point[axis])), Math.max(...shown.map((point) => point[axis]))];
    const [[west, east], [north, south]] = [span('x'), span('y')];
    // Never closer than a few kilometres: the points are no better than that.
    const size = Math.max((east - west) / (MAP_WIDTH - 2 * MAP_EDGE), (south - north) / (MAP_HEIGHT - 2 * MAP_EDGE), 5 / (MAP_WIDTH - 2 * MAP_EDGE));
    const at = (point) => {
      const { x, y } = flat(point);
      return { x: MAP_WIDTH / 2 + (x - (east + west) / 2) / size, y: MAP_HEIGHT / 2 + (y - (north + south) / 2) / size };
    };
    const inside = ({ x, y }) => x > 4 && x < MAP_WIDTH - 4 && y > 4 && y < MAP_HEIGHT - 4;

    // Places in the middle of one commune stand side by side.
    const pins = map.places.map((place, i) => {
      const twins = map.places.filter((other) => other.lat === place.lat && other.lon === place.lon);
      const spot = at(place);
      return { ...place, spot, x: spot.x + (twins.indexOf(place) - (twins.length - 1) / 2) * 23, y: spot.y, i };
    });
    const taken = pins.map(({ x, y }) => [x - 13, y - 13, x + 13, y + 13]);
    taken.push([0, MAP_HEIGHT - 26, 118, MAP_HEIGHT]);
    const free = (box) => box[0] > 2 && box[2] < MAP_WIDTH - 2 && box[1] > 2 && box[3] < MAP_HEIGHT - 2
      && taken.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
    const named = [...map.communes].sort((a, b) => !!b.here - !!a.here).flatMap((commune) => {
      const spot = at(commune);
      if (!inside(spot)) return [];
      const width = commune.name.length * 6.2;
      const boxes = [[spot.x + 6, spot.y - 7], [spot.x - 6 - width, spot.y - 7], [spot.x - width / 2, spot.y - 20], [spot.x - width / 2, spot.y + 8]];
      const found = boxes.map(([x, y]) => [x, y, x + width, y + 13]).find(free);
      const dot = make('circle', { class: 'commune', cx: spot.x, cy: spot.y, r: commune.here ? 3.5 : 2.5 });
      if (!found) return [dot];
      taken.push(found);
      return [dot, make('text', { class: commune.here ? 'name centre' : 'name', x: found[0], y: found[1] + 10 }, commune.name)];
    });
    const areas = [...new Map(pins.filter((pin) => !pin.exact).map((pin) => [`${pin.lat} ${pin.lon}`, pin])).values()]
      .map(({ spot }) => make('circle', { class: 'area', cx: spot.x, cy: spot.y, r: Math.max(20, Math.min(46, 1.5 / size)) }));
    const marks = pins.flatMap(({ x, y, number }) => [
      make('circle', { class: 'pin', cx: x, cy: y, r: 11 }), make('text', { class: 'digit', x, y: y + 4.2 }, String(number)),
    ]);
    const youMark = you && inside(at(you)) ? [make('circle', { class: 'you', cx: at(you).x, cy: at(you).y, r: 7 })] : [];
    const bar = [0.5, 1, 2, 5, 10, 20, 50, 100, 200].findLast((km) => km / size <= 84) ?? 0.5;
    const scale = [
      make('path', { class: 'scale', d: `M12 ${MAP_HEIGHT - 16}v5h${bar / size}v-5` }),
      make('text', { class: 'name', x: 18 + bar / size, y: MAP_HEIGHT - 9 }, kilometres(bar)),
    ];

    const origin = you ?? middle;
    const where = (place) => {
      const [a, b] = [flat(origin), flat(place)];
      const km = Math.hypot(b.x - a.x, b.y - a.y);
      const name = you ? T.yourPlace.toLowerCase() : middle.name;
      if (km < 0.5) return `${T.atMiddle} ${name}`;
      const turn = Math.round(((Math.atan2(b.x - a.x, a.y - b.y) * 180) / Math.PI + 360) / 45) % 8;
      return `${T.from} ${name} ${kilometres(km < 10 ? Math.round(km) || 0.5 : km)} ${T.towards} ${T.compass[turn]}`;
    };
    const text = origin && map.places.map((place) => `${place.number}. ${cards.find((card) => card.number === place.number)?.name ?? ''}: ${where(place)}.`).join(' ');
    const svg = make('svg', { viewBox: `0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`, role: 'img', 'aria-label': `${T.map}. ${text ?? ''}` },
      make('rect', { class: 'ground', width: MAP_WIDTH, height: MAP_HEIGHT }), ...areas, ...named, ...scale, ...youMark, ...marks);
    const coarse = map.places.some((place) => !place.exact);
    const told = [you && el('span.legend', T.yourPlace), coarse && el('span', T.mapCoarse), attribution && el('span', attribution)].filter(Boolean);
    return el('figure.map', svg, ...(told.length ? [el('figcaption', ...told)] : []));
  }

  /** The device asks before it tells. What comes is sent once and kept nowhere but in memory, for the map. */
  function shareLocation(label) {
    const refused = (line) => { tell(line, 8_000); choose('place-here', label); };
    if (!navigator.geolocation) return refused(T.locationFailed);
    tell(T.locating, 30_000);
    navigator.geolocation.getCurrentPosition(async ({ coords }) => {
      position = { lat: coords.latitude, lon: coords.longitude, at: Date.now() };
      const trouble = await send({ lat: position.lat, lon: position.lon });
      if (trouble != null) tell(trouble || T.locationFailed, 8_000);
    }, ({ code }) => refused(code === 1 ? T.locationDenied : T.locationFailed), { timeout: 12_000, maximumAge: 60_000 });
  }

  return { cards: placeCards, map: placeMap, share: shareLocation };
}
