"""Holds lines of output against the protocol's own models: python check_protocol.py FILE...

The models are Airbyte's, generated from the protocol's schema: those of PyAirbyte, in pydantic, and those of airbyte-cdk.
They ignore what they don't know, so each message is also written again from each model and compared: nothing of it may
get lost.
"""
import json
import sys

from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_protocol.models import AirbyteMessage


def again_by_pydantic(message):
    return json.loads(AirbyteMessage.model_validate(message).model_dump_json(exclude_unset=True, by_alias=True))


def again_by_cdk(message):
    again = AirbyteMessageSerializer.dump(AirbyteMessageSerializer.load(message))
    for default in ["supportsNormalization", "supportsDBT"]:  # always written
        again.get("spec", {}).pop(default, None)
    return again


def main(paths):
    failed = passed = 0
    for path in paths:
        before = passed + failed
        with open(path, encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    message = json.loads(line)
                    for model in again_by_pydantic, again_by_cdk:
                        again = model(message)
                        assert again == message, f"{model.__name__} gives {again}"
                    passed += 1
                except Exception as error:  # whatever the models object to
                    failed += 1
                    print(f"{path}:{number}: {error}\n{line[:500]}")
        if before == passed + failed:
            failed += 1
            print(f"{path}: no lines")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
