/** The look of docs/api/index.html: one file, nothing from elsewhere, light and dark. */
export const REFERENCE_STYLE = `
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6475; --line: #d9dee8; --paper: #fff; --panel: #f5f7fa; --accent: #1f6f54; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #9aa4b5; --line: #2c3442; --paper: #12161d; --panel: #1a202a; --accent: #5fc9a1; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; font: 15px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.2rem 1rem 3rem; background: var(--panel); border-right: 1px solid var(--line); font-size: 14px; }
nav h1 { font-size: 1.1rem; margin: 0 0 .2rem; } nav h2 { font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; color: var(--soft); margin: 1.2rem 0 .3rem; }
nav a { display: block; padding: .12rem 0; color: inherit; text-decoration: none; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; } nav a:hover { color: var(--accent); text-decoration: underline; }
main { padding: 2rem clamp(1rem, 4vw, 3.5rem) 6rem; max-width: 64rem; }
section.operation { border-top: 1px solid var(--line); padding: 1.6rem 0 .6rem; } h2.tag { margin: 3rem 0 1rem; text-transform: capitalize; }
h3 { margin: 0 0 .3rem; font-size: 1.1rem; } h4 { margin: 1.1rem 0 .3rem; font-size: .8rem; text-transform: uppercase; letter-spacing: .05em; color: var(--soft); }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; } code { overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; overflow-x: auto; margin: .4rem 0; }
.route { display: flex; gap: .6rem; align-items: baseline; margin: .2rem 0 .6rem; } .method { font: 700 12px ui-monospace, monospace; padding: .1rem .45rem; border-radius: 4px; color: #fff; background: #48607d; }
.method.POST { background: #1f6f54; } .method.PATCH, .method.PUT { background: #8a6116; } .method.DELETE { background: #a3362f; }
td.variant { padding-top: 1rem; font-weight: 600; border-bottom-color: var(--accent); }
table { border-collapse: collapse; width: 100%; font-size: 14px; } td, th { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); } th { font-weight: 600; color: var(--soft); font-size: 12px; }
td:first-child { white-space: nowrap; } td p { margin: 0; } .soft { color: var(--soft); } .required { color: var(--accent); font-size: 12px; } .badge { font-size: 12px; border: 1px solid var(--line); border-radius: 4px; padding: 0 .35rem; color: var(--soft); }
details { margin: .4rem 0; } summary { cursor: pointer; } a { color: var(--accent); }
@media (max-width: 800px) { body { display: block; } nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); } td:first-child { white-space: normal; } }
@media (max-width: 600px) { section.operation > table, section.operation > table tbody { display: block; } section.operation > table tr { display: flex; flex-wrap: wrap; gap: 0 .8rem; padding: .4rem 0; border-bottom: 1px solid var(--line); } section.operation > table td { border: 0; padding: 0; } section.operation > table td:last-child { flex-basis: 100%; } }
`
