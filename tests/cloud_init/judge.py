"""What cloud-init itself makes of user data: reads a JSON list of texts, writes one of {parts, problem} each.

A part is [content type, text, value of a cloud-config]; `problem` is what cloud-init's schema says.
"""

import base64
import json
import sys

import cloudinit
from cloudinit import user_data, util
from cloudinit.config import schema

import yaml


class Paths:
    cfgs = {}

    def get_ipath_cur(self, *_):
        return "/nonexistent"


def shown(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def judged(text):
    found = {"parts": [], "problem": None}
    util.fetch_ssl_details = lambda paths: {}
    for part in user_data.UserDataProcessor(Paths()).process(text.encode()).walk():
        if part.get_content_maintype() == "multipart":
            continue
        content = util.fully_decoded_payload(part)
        content = content.decode() if isinstance(content, bytes) else content
        value = None
        if part.get_content_type() == "text/cloud-config":
            value = yaml.safe_load(content)
            try:
                schema.validate_cloudconfig_schema(value, strict=True)
            except schema.SchemaValidationError as problem:
                found["problem"] = str(problem)
        found["parts"].append([part.get_content_type(), content, value])
    return found


json.dump([judged(text) for text in json.load(sys.stdin)], sys.stdout, default=shown)
print(f"cloud-init {getattr(cloudinit, '__version__', '')}", file=sys.stderr)
