"""Validates metadata.yaml with Airbyte's own model of it.

    python3 check_metadata.py FILE

The model is generated from the schema of the connector registry. It rejects unknown keys.
"""
import sys

import yaml
from airbyte_connector_models.metadata.v0.connector_metadata_definition_v0 import ConnectorMetadataDefinitionV0


def main(path):
    with open(path, encoding="utf-8") as file:
        ConnectorMetadataDefinitionV0.model_validate(yaml.safe_load(file))
    print(f"{path} is valid")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
