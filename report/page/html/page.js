'use strict';
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = id => document.getElementById(id);

  // The language: the browser's first, then the reader's choice.
  const speak = language => { root.lang = language; };
  speak(/^zh\b/i.test(navigator.language) ? 'zh-CN' : 'en');
  one('language').addEventListener('click', () => speak(root.lang === 'en' ? 'zh-CN' : 'en'));

  // The rows, in chunks: one that is far from the screen costs nothing but its
  // height, and is brought up to date when there is time, or when it comes near.
  const rowHeight = 27;
  const groups = all('#rows details').map(details => ({
    details,
    parts: all('.chunk', details).map(chunk => {
      const rows = [...chunk.children];
      return { chunk, rows, fits: rows.map(() => true), shown: rows.map(() => true) };
    }),
  }));
  const parts = groups.flatMap(group => group.parts);
  const near = new Set();
  const stale = new Set();
  const refresh = part => {
    stale.delete(part);
    part.rows.forEach((row, i) => {
      if (part.shown[i] !== part.fits[i]) row.hidden = !part.fits[i];
      part.shown[i] = part.fits[i];
    });
  };
  // A browser that is never idle gets on with one of them a second.
  const idle = window.requestIdleCallback
    ? work => requestIdleCallback(work, { timeout: 1000 })
    : work => setTimeout(() => work({ timeRemaining: () => 8 }), 30);
  const inTurn = (queue, work) => idle(deadline => {
    let due = deadline.didTimeout;
    for (const next of queue) {
      if (!due && deadline.timeRemaining() < 3) return inTurn(queue, work);
      due = false;
      queue.delete(next);
      work(next);
    }
  });

  // Marks of what changes lie behind a value, whose text stays in one piece.
  const marks = window.Highlight && CSS.highlights ? new Highlight() : null;
  const mark = element => marks && all('[data-m]', element).forEach(value => {
    const [from, to] = value.dataset.m.split(',').map(Number);
    marks.add(new StaticRange({
      startContainer: value.firstChild, startOffset: from, endContainer: value.firstChild, endOffset: to,
    }));
  });
  if (marks) CSS.highlights.set('changed', marks);
  all('.rows:not(.chunk), .rule').forEach(mark);

  const partOf = new Map(parts.map(part => [part.chunk, part]));
  const watch = new IntersectionObserver(entries => entries.forEach(({ target, isIntersecting }) => {
    const part = partOf.get(target);
    if (!isIntersecting) return near.delete(part);
    near.add(part);
    if (stale.has(part)) refresh(part);
    if (!part.marked) mark(target);
    part.marked = true;
  }), { rootMargin: '500px' });
  parts.forEach(part => watch.observe(part.chunk));
  window.addEventListener('beforeprint', () => stale.forEach(refresh));

  // The filter.
  const texts = part => part.texts ??= part.rows.map(row => row.textContent.toLowerCase());
  inTurn(new Set(parts), texts);
  const atOnce = 3; // chunks with hits that are surely on the screen
  const surely = 100; // rows that surely fill it
  const many = 1000; // hits of a group that nobody reads through: it stays folded
  let before = null; // which groups were unfolded before there was a filter
  const folded = new Set(); // groups with hits that are below the screen
  const select = (part, words) => {
    const found = words.length ? texts(part).map(text => words.every(word => text.includes(word))) : part.rows.map(() => true);
    const count = found.reduce((n, fits) => n + fits, 0);
    part.fits = found;
    part.chunk.hidden = count === 0;
    if (count > 0) stale.add(part);
    if (part.count !== count) part.chunk.style.containIntrinsicSize = `auto ${count * rowHeight}px`;
    part.count = count;
    return count;
  };
  const show = () => {
    const words = one('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
    const active = words.length > 0;
    if (active) before ??= groups.map(group => group.details.open);
    stale.clear();
    folded.clear();
    let total = 0;
    groups.forEach((group, g) => {
      const count = group.parts.reduce((n, part) => n + select(part, words), 0);
      group.details.hidden = active && count === 0;
      if (active && count > 0 && count <= many && !group.details.open) {
        if (total < surely) group.details.open = true;
        else folded.add(group);
      }
      if (!active && before) group.details.open = before[g];
      total += count;
    });
    if (!active) before = null;
    one('count').textContent = total;
    [...stale].slice(0, atOnce).forEach(refresh);
    near.forEach(part => stale.has(part) && refresh(part));
    inTurn(folded, group => { group.details.open = true; });
    inTurn(stale, refresh);
  };
  one('bar').hidden = false;
  one('filter').addEventListener('input', show);
  const foldAll = open => groups.forEach(group => { group.details.open = open; });
  one('unfold').addEventListener('click', () => foldAll(true));
  one('fold').addEventListener('click', () => foldAll(false));
  document.addEventListener('keydown', event => {
    if (event.key === '/' && event.target !== one('filter')) {
      event.preventDefault();
      one('filter').focus();
    } else if (event.key === 'Escape' && event.target === one('filter')) {
      one('filter').value = '';
      show();
    }
  });
})();
