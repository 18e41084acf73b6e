extension Timeline {
    /// Colours are variables: the script reads them too, so that the canvas follows the theme.
    static let style = #"""
        :root {
          --paper: #fbfbf9; --panel: #ffffff; --ink: #1c2024; --soft: #667078; --faint: #98a1a8; --line: #e3e5e3;
          --band: #eef0f1; --life: #dde3e8; --follow: #c3d2e0; --lead: #2f6db3; --leadink: #ffffff;
          --leaderless: #f0c36a; --frozen: #5aa9c9; --gap: #c8452f; --disk: #a8752a; --cut: #c8452f; --clog: #c98a1b;
          --lost: #c8452f; --step: #4b5560; --action: #1c2024; --held: #2f8f5b; --failed: #c8232f;
          --up: #8fcfa6; --degraded: #f2cf5b; --leaderlessv: #b48be0; --frozenv: #6db6d6; --unreachable: #dd5a4a;
          --left: #a5adb3; --unknown: #d7dadd; --shade: rgba(20, 30, 40, .05);
          color-scheme: light;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #14171a; --panel: #1a1e22; --ink: #e7eaec; --soft: #9aa4ab; --faint: #6b757d; --line: #2b3136;
            --band: #1f2428; --life: #333b43; --follow: #3d5468; --lead: #5a9be6; --leadink: #0d1216;
            --leaderless: #b88a2c; --frozen: #3f8bab; --gap: #e2674f; --disk: #c8944a; --cut: #e2674f;
            --clog: #d9a03c; --lost: #f07a63; --step: #a8b2ba; --action: #e7eaec; --held: #55b983; --failed: #ff6b6b;
            --up: #3f8f5e; --degraded: #c09a2c; --leaderlessv: #8b61bd; --frozenv: #3d8fb3; --unreachable: #c94a3b;
            --left: #6b757d; --unknown: #3a4147; --shade: rgba(255, 255, 255, .05);
            color-scheme: dark;
          }
        }
        * { box-sizing: border-box; }
        html, body { height: 100%; margin: 0; }
        body {
          display: flex; flex-direction: column; background: var(--paper); color: var(--ink);
          font: 13px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; overflow: hidden;
        }
        header { display: flex; gap: 24px; align-items: flex-start; padding: 14px 18px 10px; }
        .title { flex: 1; min-width: 0; }
        h1 { display: inline; font-size: 19px; font-weight: 650; letter-spacing: -.01em; margin: 0 10px 0 0; }
        #about { margin: 3px 0 0; color: var(--soft); }
        .badge { font-size: 12px; font-weight: 600; padding: 2px 9px; border-radius: 10px; color: #fff; }
        .badge.passed { background: var(--held); } .badge.failed { background: var(--failed); }
        #facts { display: flex; gap: 20px; margin: 0; flex-wrap: wrap; justify-content: flex-end; }
        #facts div { text-align: right; }
        #facts dt { color: var(--faint); font-size: 11px; }
        #facts dd { margin: 0; font-variant-numeric: tabular-nums; font-weight: 550; }
        .bar {
          display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding: 8px 18px;
          border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); background: var(--panel);
        }
        .space { flex: 1; }
        .search span { color: var(--soft); margin-right: 6px; }
        input, button {
          font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line);
          border-radius: 6px; padding: 4px 9px;
        }
        input { width: 200px; }
        button { cursor: pointer; }
        button:hover { border-color: var(--faint); }
        button:focus-visible, input:focus-visible, #chart:focus-visible { outline: 2px solid var(--lead);
          outline-offset: -1px; }
        button.on, button[aria-pressed="true"] { background: var(--band); border-color: var(--faint); }
        .chips { display: flex; flex-wrap: wrap; gap: 4px; max-height: 62px; overflow: auto; }
        .chips button { padding: 3px 9px; border-radius: 12px; font-size: 12px; }
        .chips button[aria-pressed="false"] { color: var(--faint); text-decoration: line-through; }
        .chips i { display: inline-block; width: 8px; height: 8px; border-radius: 2px; margin-right: 5px; }
        .zoom { display: flex; gap: 4px; }
        #map { width: 100%; height: 44px; flex: none; display: block; border-bottom: 1px solid
          var(--line); cursor: grab;
          touch-action: none; }
        main { flex: 1; display: flex; min-height: 0; }
        .column { flex: 1; min-width: 0; display: flex; flex-direction: column; }
        #chart { position: relative; flex: 1; min-height: 0; outline: none; }
        #lanes { position: absolute; inset: 0; width: 100%; height: 100%; }
        #scroll { position: absolute; inset: 0; overflow-y: auto; overflow-x: hidden; touch-action: none; }
        #tip {
          position: absolute; z-index: 2; max-width: 420px; padding: 7px 10px; pointer-events: none;
          background: var(--panel); border: 1px solid var(--line); border-radius: 7px;
          box-shadow: 0 4px 18px rgba(0, 0, 0, .16); white-space: pre-wrap; overflow-wrap: anywhere;
        }
        #tip b { font-weight: 620; } #tip small { color: var(--soft); font-size: 12px; }
        aside { width: 330px; display: flex; flex-direction: column; border-left: 1px solid var(--line);
          background: var(--panel); min-height: 0; }
        aside nav { display: flex; border-bottom: 1px solid var(--line); }
        aside nav button { flex: 1; border: 0; border-radius: 0; background: none; padding: 8px; color: var(--soft); }
        aside nav button.on { color: var(--ink); background: none; box-shadow: inset 0 -2px var(--lead); }
        aside nav b { font-weight: 500; color: var(--faint); }
        aside ol { list-style: none; margin: 0; padding: 0; overflow-y: auto; flex: 1; }
        aside ol[hidden] { display: none; }
        aside li { display: grid; grid-template-columns: 10px 66px 1fr; gap: 0 8px; padding: 4px 12px;
          border-bottom: 1px solid var(--shade); cursor: pointer; overflow-wrap: anywhere; }
        aside li:hover, aside li.near { background: var(--shade); }
        aside li i { width: 8px; height: 8px; border-radius: 2px; margin-top: 6px; }
        aside li time { color: var(--soft); font-variant-numeric: tabular-nums; text-align: right; }
        aside li small { grid-column: 3; color: var(--soft); font-size: 12px; }
        aside li.more { display: block; color: var(--soft); cursor: default; }
        footer { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 7px 18px; color: var(--soft); font-size: 12px;
          border-top: 1px solid var(--line); background: var(--panel); }
        footer i { display: inline-block; width: 14px; height: 10px; border-radius: 2px; margin-right: 5px;
          vertical-align: -1px; }
        footer .keys { margin-left: auto; color: var(--faint); }
        @media (max-width: 900px) { aside { display: none; } #facts { display: none; } }
        """#
}
