"""A theatre's application, with collab in it, under whatever ASGI server: daphne tests.examples.theatre:application"""

from fastapi import FastAPI

from collab import create_app

theatre = FastAPI()


@theatre.get("/tonight")
async def tonight() -> dict[str, str]:
    return {"plays": "The Tempest"}


application = create_app(host=theatre)
