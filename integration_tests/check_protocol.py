"""Validates the connector's output with Airbyte's own models of the protocol.

    python3 check_protocol.py FILE...

The models are generated from the protocol's schema: those of PyAirbyte, with pydantic, and those of airbyte-cdk. They
ignore unknown members, so each message is also serialized again from each model and compared: nothing may be lost.
"""
import json
import sys

from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_protocol.models import AirbyteMessage


def reserialized_by_pydantic(message):
    return json.loads(AirbyteMessage.model_validate(message).model_dump_json(exclude_unset=True, by_alias=True))


def reserialized_by_cdk(message):
    reserialized = AirbyteMessageSerializer.dump(AirbyteMessageSerializer.load(message))
    # The model always writes these defaults.
    for default in ["supportsNormalization", "supportsDBT"]:
        reserialized.get("spec", {}).pop(default, None)
    return reserialized


def main(paths):
    failed = passed = 0
    for path in paths:
        before = passed + failed
        with open(path, encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    message = json.loads(line)
                    for reserialized_by in reserialized_by_pydantic, reserialized_by_cdk:
                        reserialized = reserialized_by(message)
                        assert reserialized == message, f"{reserialized_by.__name__}: {reserialized}"
                    passed += 1
                # The models raise errors of many types.
                except Exception as error:
                    failed += 1
                    print(f"{path}:{number}: {error}\n{line[:500]}")
        if before == passed + failed:
            failed += 1
            print(f"{path}: no lines")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
