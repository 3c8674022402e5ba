"""The database: everything that knows SQLAlchemy. Writes go through one Writer; reads through the async engine."""
