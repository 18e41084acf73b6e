extension Timeline {
    /// One HTML page that needs nothing else: no other file, font or address. What a run's texts say is data of its
    /// script and never markup.
    package func page(_ report: TopologyReport) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
        script-src 'unsafe-inline'; img-src data:">
        <link rel="icon" href="data:,">
        <title>Timeline</title>
        <style>
        \(Self.style)
        </style>
        </head>
        <body>
        \(Self.frame)
        <script type="application/json" id="data">
        \(data(report))
        </script>
        <script>
        "use strict";
        \(Self.model)
        \(Self.drawing)
        \(Self.lists)
        \(Self.handling)
        </script>
        </body>
        </html>

        """
    }

    private static let frame = #"""
        <header>
          <div class="title">
            <h1 id="name"></h1><span id="result" class="badge"></span>
            <p id="about"></p>
          </div>
          <dl id="facts"></dl>
        </header>
        <div class="bar" role="toolbar" aria-label="Filters and zoom">
          <label class="search"><span>Show</span>
            <input id="filter" type="search" placeholder="agents, datacenters, texts" spellcheck="false"
              aria-label="Filter by agent, datacenter or text">
          </label>
          <div id="datacenters" class="chips" aria-label="Datacenters"></div>
          <div id="kinds" class="chips" aria-label="Kinds"></div>
          <span class="space"></span>
          <button id="unfold" title="Verdicts of each server (v)">Verdicts by server</button>
          <div class="zoom">
            <button id="out" title="Zoom out (−)" aria-label="Zoom out">−</button>
            <button id="in" title="Zoom in (+)" aria-label="Zoom in">+</button>
            <button id="fit" title="The whole run (0)">Whole run</button>
          </div>
        </div>
        <main>
          <div class="column">
          <canvas id="map" aria-label="The whole run; drag to move the view"></canvas>
          <section id="chart" tabindex="0" aria-label="Lanes of agents over time">
            <canvas id="lanes"></canvas>
            <div id="scroll"><div id="tall"></div></div>
            <div id="tip" role="tooltip" hidden></div>
          </section>
          </div>
          <aside>
            <nav><button id="tab-events" class="on">Events <b></b></button>
              <button id="tab-expectations">Expectations <b></b></button></nav>
            <ol id="events"></ol>
            <ol id="expectations" hidden></ol>
          </aside>
        </main>
        <footer id="legend"></footer>
        """#
}
