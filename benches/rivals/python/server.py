"""FastAPI on uvicorn, with uvloop and httptools where they install."""

import socket

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
listeners: set[WebSocket] = set()


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            message = await websocket.receive()
            if message.get("bytes") is not None:
                await websocket.send_bytes(message["bytes"])
            elif message.get("text") is not None:
                await websocket.send_text(message["text"])
            else:
                return
    except WebSocketDisconnect:
        pass


@app.websocket("/feed")
async def feed(websocket: WebSocket) -> None:
    await websocket.accept()
    listeners.add(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            for listener in list(listeners):
                await listener.send_text(text)
    except WebSocketDisconnect:
        pass
    finally:
        listeners.discard(websocket)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws_max_size=2 * 1024 * 1024, ws_per_message_deflate=False))
        server.run(sockets=[listener])
