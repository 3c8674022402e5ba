"""Engine.IO 4, the server's side: connections over HTTP long polling and websockets, for python-socketio to stand on.

It knows nothing of bands, nor of Socket.IO. To read in this order:

    packets     what goes over the wire, pure
    session     the states of a connection and who may move them, pure; the heart of it
    connection  a session with its transport: one way in, one way out
    server      all connections: what python-socketio calls, the heartbeat, what one turn of the event loop sends
    requests    the endpoint: handshakes, polls, payloads, upgrades
    websocket   frames straight from and to TCP, under uvicorn; `asgi` does the same for any other server
"""
