// A band member with the official socket.io-client. Reads {url, token, ...} from its argument and prints one JSON result.
import { io } from 'socket.io-client'

const input = JSON.parse(process.argv[2])
const once = (socket, event) => new Promise((resolve) => socket.once(event, resolve))
const call = (socket, event, payload) => socket.timeout(10_000).emitWithAck(event, payload)
const uuid = () => crypto.randomUUID()

const connect = (token, transports = ['websocket']) =>
  io(input.url, { auth: { token }, transports, forceNew: true, reconnectionDelay: 50, randomizationFactor: 0 })

const setKey = (base_version, value) => ({
  room_id: input.room,
  edit_id: uuid(),
  base_version,
  ops: [{ op: 'set', item: 'iko', field: 'key', value }],
})

const scenes = {
  // A refused token: what `connect_error` says, and that the client does not retry by itself.
  async refusal() {
    const socket = connect('not a token')
    const error = await once(socket, 'connect_error')
    return { message: error.message, data: error.data, active: socket.active }
  },

  // Two members: an edit is acknowledged to its sender and heard by the other alone.
  async editing() {
    const [ada, ben] = [connect(input.token), connect(input.other)]
    const session = await once(ada, 'session')
    await call(ada, 'join_room', input.room)
    await call(ben, 'join_room', { room: input.room })
    let echoes = 0
    ada.on('content_edited', () => (echoes += 1))
    const heard = once(ben, 'content_edited')
    const answer = await call(ada, 'edit_content', setKey(0, 'G'))
    const told = await heard
    const back = once(ada, 'content_edited')
    await call(ben, 'edit_content', setKey(1, 'A'))
    await back
    ada.disconnect()
    ben.disconnect()
    return { session, answer, told, echoes }
  },

  // The connection breaks, the client reconnects by itself, and joins with `since`.
  async reconnect() {
    const [ada, ben] = [connect(input.token), connect(input.other)]
    await once(ada, 'session')
    const joined = await call(ada, 'join_room', input.room)
    const again = once(ada, 'connect')
    ada.io.engine.close()
    await call(ben, 'edit_content', setKey(joined.content.version, 'G'))
    await again
    const rejoined = await call(ada, 'join_room', { room: input.room, since: joined.content.version })
    ada.disconnect()
    ben.disconnect()
    return rejoined
  },

  // Nobody shows a token in time, and the client connects again at once whenever the server has disconnected it.
  async loop() {
    const socket = connect(undefined)
    const reasons = []
    const shown = new Promise((resolve) => {
      socket.on('disconnect', (reason) => {
        reasons.push(reason)
        if (reason === 'io server disconnect') socket.connect()
      })
      socket.on('connect', async () => {
        if (reasons.length === input.rounds) resolve(await call(socket, 'authenticate', { token: input.token }))
      })
    })
    const answer = await shown
    socket.disconnect()
    return { answer, reasons: reasons.slice(0, input.rounds) }
  },

  // 40 edits buffered while a polling client connects travel in one request.
  async buffered() {
    const socket = connect(input.token, ['polling'])
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, number) => call(socket, 'edit_content', setKey(0, 'ABCDEFG'[number % 7]))),
    )
    socket.disconnect()
    return answers.map((answer) => answer.version)
  },

  // Polling first, then the upgrade to websocket, as the seed's front end connects.
  async upgrade() {
    const socket = connect(input.token, ['polling', 'websocket'])
    await once(socket, 'session')
    if (socket.io.engine.transport.name !== 'websocket') await once(socket.io.engine, 'upgrade')
    const answer = await call(socket, 'join_room', input.room)
    const transport = socket.io.engine.transport.name
    socket.disconnect()
    return { ok: answer.ok, transport }
  },
}

console.log(JSON.stringify(await scenes[input.scene]()))
process.exit(0)
