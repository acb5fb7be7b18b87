"""Reading: pages, filters, categories, Regions, and HTTPS."""
import datetime
import json

from botocore.exceptions import SSLError

from .check import Check, follow


class Reading(Check):
    def assert_reads(self, emulator, events, **request):
        pages = follow(emulator.client(), **request)
        self.assert_events(pages, events)
        return pages

    def test_boto3_reads_all_events_of_a_time_range(self):
        for formats in [(), ("--tokens", "offset", "--time-format", "exponent"), ("--time-format", "integer")]:
            with self.subTest(formats=formats), self.emulator("--events", 3000, "--rate", 0, *formats) as emulator:
                events = emulator.of_category("Management")
                self.assertEqual(len(events), 3000)
                pages = self.assert_reads(emulator, events, StartTime=events[-1]["second"], EndTime=events[0]["second"])
                self.assertEqual(len(pages), 60)

    def test_boto3_reads_any_time_range_with_any_page_size(self):
        with self.emulator("--events", 3000, "--rate", 0) as emulator:
            for newest, oldest, size in [(0, 400, 7), (100, 101, 1), (1000, 1730, 50), (2900, 2999, 33)]:
                last, first = emulator.events[newest]["second"], emulator.events[oldest]["second"]
                events = [event for event in emulator.events if first <= event["second"] <= last]
                self.assert_reads(emulator, events, StartTime=first, EndTime=last, MaxResults=size)

    def test_the_paginator_of_boto3_reads_all_events(self):
        with self.emulator("--events", 500, "--rate", 0) as emulator:
            paginator = emulator.client().get_paginator("lookup_events")
            self.assert_events(paginator.paginate(PaginationConfig={"PageSize": 20}), emulator.events)

    def test_a_full_last_page_can_have_a_token(self):
        with self.emulator("--events", 100, "--rate", 0) as emulator:
            self.assertEqual([len(page["Events"]) for page in follow(emulator.client())], [50, 50])
        with self.emulator("--events", 100, "--rate", 0, "--full-last-page-has-token") as emulator:
            self.assertEqual([len(page["Events"]) for page in follow(emulator.client())], [50, 50, 0])

    def test_insights_events_are_a_separate_category(self):
        with self.emulator("--events", 60, "--insights", 80, "--rate", 0) as emulator:
            self.assert_reads(emulator, emulator.of_category("Insight"), EventCategory="insight")
            self.assert_reads(emulator, emulator.of_category("Management"))

    def test_boto3_reads_the_samples(self):
        with self.emulator("--events", 60, "--insights", 20, "--rate", 0, "--samples") as emulator:
            for category, request in [("Management", {}), ("Insight", {"EventCategory": "insight"})]:
                events = emulator.of_category(category)
                pages = self.assert_reads(emulator, events, **request)
                for event in [event for page in pages for event in page["Events"] if "CloudTrailEvent" in event]:
                    record = json.loads(event["CloudTrailEvent"])
                    self.assertEqual(record["eventID"], event["EventId"])
                    self.assertEqual(datetime.datetime.fromisoformat(record["eventTime"]), event["EventTime"])
            for key, value, count in [("Username", "root", 3), ("EventName", "StopLogging", 1),
                                      ("ResourceName", "sg-0a1b2c3d4e5f67890", 4)]:
                attributes = [{"AttributeKey": key, "AttributeValue": value}]
                found = emulator.client().lookup_events(LookupAttributes=attributes)["Events"]
                self.assertEqual(len(found), count, value)

    def test_insights_events_are_found_by_the_api_that_they_are_about(self):
        with self.emulator("--events", 0, "--rate", 0, "--samples") as emulator:
            for key, value in [("EventName", "PassRole"), ("EventSource", "iam.amazonaws.com")]:
                attributes = [{"AttributeKey": key, "AttributeValue": value}]
                page = emulator.client().lookup_events(EventCategory="insight", LookupAttributes=attributes)
                details = [json.loads(event["CloudTrailEvent"])["insightDetails"] for event in page["Events"]]
                self.assertEqual([insight["state"] for insight in details], ["End", "Start"])
                self.assertEqual({insight["errorCode"] for insight in details}, {"AccessDenied"})

    def test_every_lookup_attribute_filters(self):
        with self.emulator("--events", 1000, "--rate", 0) as emulator:
            for key in ["EventId", "EventName", "ReadOnly", "Username", "EventSource", "AccessKeyId"]:
                value = next(event["body"][key] for event in emulator.events if key in event["body"])
                events = [event for event in emulator.events if event["body"].get(key) == value]
                self.assert_reads(emulator, events, LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
            for key, value in [("ResourceType", "AWS::EC2::Subnet"), ("ResourceName", "untyped")]:
                events = [event for event in emulator.events
                          if any(resource.get(key) == value for resource in event["body"].get("Resources", []))]
                self.assert_reads(emulator, events, LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])

    def test_every_region_has_its_own_events_and_quota(self):
        # At a tenth of the rate, the quota of a second is for ten seconds, so the check passes on a slow machine, too.
        regions = ["eu-central-1", "us-west-2"]
        with self.emulator("--events", 120, "--rate", 0.2, "--region", regions[0], "--region", regions[1]) as emulator:
            self.assertEqual(emulator.client().lookup_events()["Events"], [])
            ids = set()
            for region in regions:
                client = emulator.client(region=region)
                pages = follow(client)
                self.assert_events(pages, [event for event in emulator.events if event["region"] == region])
                ids.update(event["EventId"] for page in pages for event in page["Events"] if "EventId" in event)
                self.assert_code("ThrottlingException", client.lookup_events)
            self.assertEqual(len(ids), sum("EventId" in event["body"] for event in emulator.events))

    def test_the_aws_cli_reads_all_events_of_a_time_range(self):
        with self.emulator("--events", 3000, "--rate", 0) as emulator:
            first, last = emulator.events[-1]["second"], emulator.events[0]["second"]
            result = emulator.cli("--start-time", str(first), "--end-time", str(last))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assert_events([json.loads(result.stdout)], emulator.events)

    def test_a_client_that_trusts_the_authority_reads_over_https(self):
        with self.emulator("--events", 120, "--rate", 0, "--tls") as emulator:
            self.assertTrue(emulator.url.startswith("https://127.0.0.1:"), emulator.url)
            self.assert_reads(emulator, emulator.events)
            result = emulator.cli()
            self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_client_that_does_not_trust_the_authority_does_not_connect(self):
        with self.emulator("--events", 1, "--tls") as emulator, self.emulator("--events", 1, "--tls") as other:
            with self.assertRaisesRegex(SSLError, "CERTIFICATE_VERIFY_FAILED"):
                emulator.client(verify=other.authority).lookup_events()
