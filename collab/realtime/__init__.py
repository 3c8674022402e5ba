"""Socket.IO: everything that knows python-socketio."""
