"""The first schema: desks, calls and tickets, and the queue that every city begins with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "alarm",
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.String(length=400), nullable=False),
        sa.Column("raised_at", _INSTANT, nullable=False),
        sa.Column("cleared_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("kind", "call", name=op.f("pk_alarm")),
    )
    op.create_index(op.f("ix_alarm_raised_at"), "alarm", ["raised_at"], unique=False)
    op.create_table(
        "call",
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("alias", sa.String(length=32), nullable=False),
        sa.Column("caller", sa.String(length=40), nullable=False),
        sa.Column("trunk", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("queue", sa.String(length=32), nullable=True),
        sa.Column("joined_at", _INSTANT, nullable=True),
        sa.Column("answered_at", _INSTANT, nullable=True),
        sa.Column("wait_s", sa.Float(), nullable=True),
        sa.Column("rings", sa.Integer(), nullable=False),
        sa.Column("offers", _JSON, nullable=False),
        sa.Column("agent", sa.String(length=6), nullable=True),
        sa.Column("talk_s", sa.Float(), nullable=False),
        sa.Column("wrap_up_s", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("overflow_reason", sa.String(length=32), nullable=True),
        sa.Column("menu_path", _JSON, nullable=False),
        sa.Column("bulletins", _JSON, nullable=False),
        sa.Column("codes_asked", _JSON, nullable=False),
        sa.Column("recording_notice", sa.String(length=120), nullable=True),
        sa.Column("recording_declined", sa.Boolean(), nullable=False),
        sa.Column("recording_bases", _JSON, nullable=False),
        sa.Column("message_file", sa.String(length=120), nullable=True),
        sa.Column("message_s", sa.Float(), nullable=False),
        sa.Column("fallback", sa.String(length=80), nullable=True),
        sa.Column("hangup_cause", sa.Integer(), nullable=False),
        sa.Column("ended_by_caller", sa.Boolean(), nullable=True),
        sa.Column("lost_why", sa.String(length=120), nullable=True),
        sa.Column("notes", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_outcome"), "call", ["outcome"], unique=False)
    op.create_index(op.f("ix_call_started_at"), "call", ["started_at"], unique=False)
    op.create_table(
        "journal_position",
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("resume_after_seq", sa.BigInteger(), nullable=False),
        sa.Column("resume_boot", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_journal_position")),
    )
    op.create_table(
        "operator",
        sa.Column("number", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sip_username", sa.String(length=40), nullable=False),
        sa.Column("sip_ha1", sa.String(length=32), nullable=False),
        sa.Column("languages", _JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_operator")),
        sa.UniqueConstraint("sip_username", name=op.f("uq_operator_sip_username")),
    )
    op.create_table(
        "queue",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("ring_timeout_s", sa.Float(), nullable=False),
        sa.Column("wrap_up_s", sa.Float(), nullable=False),
        sa.Column("max_wait_s", sa.Float(), nullable=True),
        sa.Column("max_waiting", sa.Integer(), nullable=True),
        sa.Column("overflow_when_empty", sa.Boolean(), nullable=False),
        sa.Column("priority_minutes", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queue")),
    )
    op.create_table(
        "reporter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone_key", sa.String(length=64), nullable=False),
        sa.Column("phone_e164", sa.String(length=32), nullable=True),
        sa.Column("phone_display", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporter")),
        sa.UniqueConstraint("phone_key", name=op.f("uq_reporter_phone_key")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("alias", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("call", sa.String(length=64), nullable=True),
        sa.Column("transcript_status", sa.String(length=16), nullable=False),
        sa.Column("transcript_reason", sa.String(length=64), nullable=True),
        sa.Column("recording_declined", sa.Boolean(), nullable=False),
        sa.Column("answered_by", sa.String(length=6), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("problem", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("call", name=op.f("uq_ticket_call")),
        sa.UniqueConstraint("code", name=op.f("uq_ticket_code")),
    )
    op.create_index(op.f("ix_ticket_opened_at"), "ticket", ["opened_at"], unique=False)
    op.create_index(op.f("ix_ticket_state"), "ticket", ["state"], unique=False)
    op.create_table(
        "ticket_sequence",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ticket_sequence")),
    )
    op.create_table(
        "worker_heartbeat",
        sa.Column("executor", sa.String(length=64), nullable=False),
        sa.Column("beat_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("executor", name=op.f("pk_worker_heartbeat")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=True),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["reporter.id"], name=op.f("fk_contact_reporter_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_contact_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("call", name=op.f("uq_contact_call")),
    )
    op.create_index(op.f("ix_contact_reporter_id"), "contact", ["reporter_id"], unique=False)
    op.create_index(op.f("ix_contact_ticket_id"), "contact", ["ticket_id"], unique=False)
    op.create_table(
        "hotline_alias",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("greeting", sa.String(length=64), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("active_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["queue"], ["queue.name"], name=op.f("fk_hotline_alias_queue"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_hotline_alias")),
    )
    op.create_table(
        "operator_queue",
        sa.Column("operator", sa.String(length=6), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator"], ["operator.number"], name=op.f("fk_operator_queue_operator"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["queue"], ["queue.name"], name=op.f("fk_operator_queue_queue"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("operator", "queue", name=op.f("pk_operator_queue")),
    )
    op.create_table(
        "post_call_job",
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("wanted_at", _INSTANT, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.Column("quarantined", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", _INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["call"], ["call.call"], name=op.f("fk_post_call_job_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_post_call_job")),
    )
    op.create_index(op.f("ix_post_call_job_finished_at"), "post_call_job", ["finished_at"], unique=False)
    op.create_table(
        "recording",
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("stored_sha256", sa.String(length=64), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("chain_seq", sa.BigInteger(), nullable=True),
        sa.Column("chain_hash", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.String(length=32), nullable=True),
        sa.Column("kept_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["call"], ["call.call"], name=op.f("fk_recording_call"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call", "kind", name=op.f("pk_recording")),
    )
    op.create_table(
        "ticket_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=24), nullable=True),
        sa.Column("to_state", sa.String(length=24), nullable=True),
        sa.Column("detail", _JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_event_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_event")),
    )
    op.create_index(op.f("ix_ticket_event_ticket_id"), "ticket_event", ["ticket_id"], unique=False)
    op.create_table(
        "transcript",
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("engine", sa.String(length=64), nullable=True),
        sa.Column("model", sa.String(length=120), nullable=True),
        sa.Column("dialogue", _JSON, nullable=True),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["call"], ["call.call"], name=op.f("fk_transcript_call"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_transcript")),
    )
    queue = sa.table(
        "queue",
        sa.column("name"),
        sa.column("title"),
        sa.column("ring_timeout_s"),
        sa.column("wrap_up_s"),
        sa.column("overflow_when_empty", sa.Boolean),
        sa.column("priority_minutes"),
    )
    op.bulk_insert(
        queue,
        [
            {
                "name": "general",
                "title": "Tổng đài chung",
                "ring_timeout_s": 15.0,
                "wrap_up_s": 10.0,
                "overflow_when_empty": False,
                "priority_minutes": 0.0,
            }
        ],
    )
