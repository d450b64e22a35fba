"""The worker: journals into the database, and the durable work after each call."""
