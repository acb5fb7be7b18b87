"""Holds lines of output against the protocol's own models: python check_protocol.py FILE...

The models are Airbyte's, generated from the protocol's schema. They ignore what they don't know, so each message is
also written again from the model and compared: nothing of it may get lost.
"""
import json
import sys

from airbyte_protocol.models import AirbyteMessage


def main(paths):
    failed = passed = 0
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                message = json.loads(line)
                try:
                    parsed = AirbyteMessage.model_validate(message)
                    again = json.loads(parsed.model_dump_json(exclude_unset=True, by_alias=True))
                    assert again == message, f"the models read it as {again}"
                    passed += 1
                except Exception as error:  # whatever the models object to
                    failed += 1
                    print(f"{path}:{number}: {error}\n{line[:500]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
