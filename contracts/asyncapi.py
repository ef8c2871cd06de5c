"""The AsyncAPI 3.0 document: which channel carries which message, who may use it, and how they prove who they are.

Made from ``topology`` and ``kinds``, so that it names no queue that RabbitMQ does not have. Operations are named after who
does them. Leaves out: the messages' own form, which it refers to (``schemas``).
"""

from typing import Any, Final

from contracts import topology
from contracts.canonical import MAX_BYTES
from contracts.kinds import SHAPES, Kind

_JSON_SCHEMA: Final = "application/schema+json;version=draft-2020-12"
_AGENCY: Final = "{agency}"

Described = dict[Kind, tuple[str, str]]
"""For each kind the file with its schema and one sentence."""


def asyncapi(kinds: Described) -> dict[str, Any]:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Referral broker",
            "version": "1",
            "description": (
                "Partner agencies exchange referrals and questions about people who may be harmed if the wrong agency learns "
                "the wrong thing. Every message is sealed, signed, checked by the consent service and written down before it "
                "is routed. Bodies are canonical JSON (RFC 8785)."
            ),
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": _channels(kinds),
        "operations": _operations(),
        "components": {"messages": _messages(kinds), "securitySchemes": _security()},
    }


def _servers() -> dict[str, Any]:
    return {
        "partnership": {
            "host": "{host}:5671",
            "protocol": "amqps",
            "pathname": f"/{topology.VHOST}",
            "description": "RabbitMQ 3.10 or later, 4.x preferred. One account for each agency.",
            "variables": {"host": {"description": "As your partnership's operator says."}},
            "security": [{"$ref": "#/components/securitySchemes/clientCertificate"}],
        },
        "thisMachine": {
            "host": "localhost",
            "protocol": "amqp",
            "pathname": f"/{topology.VHOST}",
            "description": "The private node of ./run up and ./run demo, on a free port of the loopback address.",
            "security": [{"$ref": "#/components/securitySchemes/password"}],
        },
    }


def _security() -> dict[str, Any]:
    return {
        "clientCertificate": {"type": "X509", "description": "TLS with a client certificate whose name is the agency's id."},
        "password": {"type": "userPassword", "description": "On the loopback address only."},
    }


def _channels(kinds: Described) -> dict[str, Any]:
    sent = {_name(kind): {"$ref": f"#/components/messages/{_name(kind)}"} for kind in kinds}
    return {
        "submit": {
            "address": _AGENCY,
            "title": "What agencies send",
            "description": (
                f"Publish to the exchange '{topology.SUBMIT}' with your agency's id as routing key and as user_id (RabbitMQ "
                f"checks both), persistent, mandatory, with publisher confirms. At most {MAX_BYTES} bytes."
            ),
            "parameters": {"agency": {"description": "The sending agency's id."}},
            "messages": sent,
            "bindings": {"amqp": {"is": "routingKey", "exchange": _exchange(topology.SUBMIT)}},
        },
        "inbox": _queue_channel(
            topology.inbox(_AGENCY),
            "What an agency receives",
            f"Deliveries and notices, told apart by the AMQP header '{topology.WHAT_HEADER}'. Acknowledge when it is stored.",
            ("delivery", "notice"),
        ),
        "questions": _queue_channel(
            topology.QUESTIONS_QUEUE,
            "What the broker asks the consent service",
            "One question for a whole batch.",
            ("questions",),
        ),
        "answers": {
            "address": None,
            "title": "What the consent service answers",
            "description": "To the reply_to address of the question, under its correlation id.",
            "messages": {"answers": {"$ref": "#/components/messages/answers"}},
        },
        "outcomes": _queue_channel(
            topology.OUTCOMES_QUEUE, "What became of messages", "Told for the log, at least once.", ("outcomes",)
        ),
    }


def _queue_channel(name: str, title: str, description: str, messages: tuple[str, ...]) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": name,
        "title": title,
        "description": description,
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in messages},
        "bindings": {"amqp": {"is": "queue", "queue": {"name": name, "durable": True, "vhost": topology.VHOST}}},
    }
    if _AGENCY in name:
        channel["parameters"] = {"agency": {"description": "The receiving agency's id."}}
    return channel


def _exchange(name: str) -> dict[str, Any]:
    kind = next(exchange.type for exchange in topology.EXCHANGES if exchange.name == name)
    return {"name": name, "type": kind, "durable": True, "vhost": topology.VHOST}


def _operations() -> dict[str, Any]:
    done = {
        "agencySends": ("send", "submit", "An agency's adapter hands a sealed message to the broker."),
        "agencyCollects": ("receive", "inbox", "An agency's adapter takes what is in its inbox."),
        "brokerTakesIn": ("receive", "submit", "The broker takes what agencies sent, from the queue that is bound to it."),
        "brokerDelivers": ("send", "inbox", "The broker delivers, or says what became of something."),
        "brokerAsks": ("send", "questions", "The broker asks whether a batch may pass."),
        "consentAnswers": ("send", "answers", "The consent service answers, after it wrote its decision down."),
        "brokerTellsOutcomes": ("send", "outcomes", "The broker tells what became of messages after the decision."),
    }
    return {
        name: {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}
        for name, (action, channel, summary) in done.items()
    }


def _messages(kinds: Described) -> dict[str, Any]:
    messages = {_name(kind): _sent_message(kind, file, sentence) for kind, (file, sentence) in kinds.items()}
    others = {
        "delivery": ("delivery.json", "A message that may be opened, with its permit."),
        "notice": ("notice.json", "Receipts, answers of the guards, alerts: signed by the broker."),
        "questions": ("question-batch.json", "May these messages pass?"),
        "answers": ("signed-answers.json", "The answers to one batch, signed as a batch."),
        "outcomes": ("outcome-batch.json", "What became of messages after the decision."),
    }
    for name, (file, sentence) in others.items():
        messages[name] = {"name": name, "title": name, "summary": sentence, "payload": _payload({"$ref": f"./{file}"})}
    return messages


def _sent_message(kind: Kind, file: str, sentence: str) -> dict[str, Any]:
    only_this = {"type": "object", "properties": {"header": {"type": "object", "properties": {"kind": {"const": kind.value}}}}}
    return {
        "name": kind.value,
        "title": kind.value,
        "summary": sentence,
        "description": f"Goes to: {SHAPES[kind].goes.value}. What is inside, before it is sealed: {file}.",
        "payload": _payload({"allOf": [{"$ref": "./submission.json"}, only_this]}),
        "x-inside": {"$ref": f"./{file}"},
    }


def _payload(schema: dict[str, Any]) -> dict[str, Any]:
    return {"schemaFormat": _JSON_SCHEMA, "schema": schema}


def _name(kind: Kind) -> str:
    """A kind as a key that AsyncAPI allows."""
    return kind.value.replace("/", "-")
