// Loaded with `node -r` before the program itself, in CommonJS and old syntax on purpose: an old Node cannot even read a
// .ts file and would answer with a stack trace.
const WANTED_MAJOR = 24
if (Number(process.versions.node.split('.')[0]) < WANTED_MAJOR) {
  process.stderr.write(
    `fleetline: Node ${WANTED_MAJOR} is needed, this is ${process.version}: use the npm scripts (npm start), which take Node ${WANTED_MAJOR} from the optional package node-${process.platform}-${process.arch} (npm install without --omit=optional), or install Node ${WANTED_MAJOR}\n`,
  )
  process.exit(1)
}
