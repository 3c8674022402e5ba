"""The wire: one strict model an event, and the shapes of what the server sends."""
