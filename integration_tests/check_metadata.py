"""Validates metadata.yaml against Airbyte's own model: python check_metadata.py FILE

The model is generated from the schema of the connector registry. It rejects unknown keys.
"""
import sys

import yaml
from airbyte_connector_models.metadata.v0.connector_metadata_definition_v0 import ConnectorMetadataDefinitionV0

with open(sys.argv[1], encoding="utf-8") as file:
    ConnectorMetadataDefinitionV0.model_validate(yaml.safe_load(file))
print(f"{sys.argv[1]} is valid")
