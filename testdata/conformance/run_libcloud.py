"""Runs Apache Libcloud against imgrename simulate. It is not Alibaba Cloud's own:
it was written from the reference by others. It signs by the older scheme with
parameters in the URL, asks for XML and reads every page of a listing.

    /usr/bin/python3 run_libcloud.py PATH-OF-IMGRENAME

It needs the Debian package python3-libcloud.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from urllib.parse import urlsplit

from libcloud.common.exceptions import BaseHTTPError
from libcloud.common.types import LibcloudError
from libcloud.compute.drivers.ecs import ECSDriver

REGION = "cn-hangzhou"
IMAGES = '''image_id,region_id,image_name,description,image_family,status,x_created,x_tag_team
m-web,cn-hangzhou,web,"a <b> & ""c""",golden,,2026-01-02T03:04:05Z,图
m-old,cn-hangzhou,old,,,Deprecated,2025-01-02T03:04:05Z,
m-shanghai,cn-shanghai,黄金镜像,,,,,
'''


def listening(process):
    """Returns the host and the port that a simulator prints."""
    environment = ""
    while "ACCESS_KEY_SECRET" not in environment:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("imgrename simulate has ended")
        environment += line
    address = urlsplit(re.search(r"IMGRENAME_ENDPOINT=(\S+)", environment).group(1))
    return address.hostname, address.port


class Simulated(unittest.TestCase):
    """A simulator of its own for each test."""

    flags = ()

    def setUp(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as images:
            images.write(IMAGES)
            images.flush()
            self.start("--images", images.name, *self.flags)

    def start(self, *flags):
        process = subprocess.Popen([PROGRAM, "simulate", *flags], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.host, self.port = listening(process)

    def driver(self, key="simulator", secret="simulator"):
        return ECSDriver(key, secret, region=REGION, host=self.host, port=self.port, secure=False)

    def modify(self, driver, **parameters):
        parameters = {"Action": "ModifyImageAttribute", "RegionId": REGION, **parameters}
        return driver.connection.request("/", params=parameters).object

    def refused(self, code, call, *arguments, **parameters):
        with self.assertRaises((BaseHTTPError, LibcloudError)) as failed:
            call(*arguments, **parameters)
        text = str(failed.exception)
        self.assertIn(f"'code': '{code}'", text)
        self.assertRegex(text, r"'request_id': '[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}'")
        self.assertIn(f"'host_id': '{self.host}:{self.port}'", text)
        return text


class Reads(Simulated):
    def test_regions(self):
        self.assertEqual(["cn-hangzhou", "cn-shanghai"], [region.id for region in self.driver().list_locations()])

    def test_only_available_images_unless_asked(self):
        self.assertEqual(["m-web"], [image.id for image in self.driver().list_images()])
        both = self.driver().list_images(ex_filters={"Status": "Available,Deprecated", "ImageOwnerAlias": "self"})
        self.assertEqual(["m-web", "m-old"], [image.id for image in both])

    def test_all_that_the_driver_reads_of_an_image(self):
        image = self.driver().get_image("m-web")
        self.assertEqual(("m-web", "web"), (image.id, image.name))
        for name, value in {
            "description": 'a <b> & "c"', "os_type": "linux", "architecture": "x86_64",
            "progress": "100%", "creation_time": "2026-01-02T03:04:05Z", "usage": "none", "size": 40,
        }.items():
            self.assertEqual(value, image.extra[name], name)

    def test_an_image_of_another_region(self):
        self.assertEqual("黄金镜像", self.driver().get_image("m-shanghai", ex_region_id="cn-shanghai").name)

    def test_by_tag(self):
        tagged = self.driver().list_images(ex_filters={"Tag.1.Key": "team", "Tag.1.Value": "图"})
        self.assertEqual(["m-web"], [image.id for image in tagged])

    def test_several_ids(self):
        self.assertEqual(["m-web"], [image.id for image in self.driver().list_images(ex_image_ids=["m-web", "m-none"])])

    def test_an_unknown_image(self):
        with self.assertRaisesRegex(LibcloudError, "could not find the image with id m-none"):
            self.driver().get_image("m-none")

    def test_wrong_keys(self):
        self.refused("SignatureDoesNotMatch", self.driver(secret="guess").list_images)
        self.refused("InvalidAccessKeyId.NotFound", self.driver(key="nobody").list_images)

    def test_a_page_too_large(self):
        self.refused("InvalidParameter", self.driver().list_images, ex_filters={"PageSize": "101"})


class Pages(Simulated):
    def setUp(self):
        self.start("--images", "237")

    def test_every_page(self):
        self.assertEqual(237, len({image.id for image in self.driver().list_images()}))


class Writes(Simulated):
    def test_every_parameter(self):
        driver = self.driver()
        body = self.modify(driver, ImageId="m-web", **{
            "ImageName": "黄金镜像-v1.2:rc_1", "Description": "a b*c~d+e & <f>", "ImageFamily": "silver", "Status": "Deprecated",
            "BootMode": "UEFI", "LicenseType": "BYOL", "Features.NvmeSupport": "supported", "Features.ImdsSupport": "v2",
        })
        self.assertEqual("ModifyImageAttributeResponse", body.tag)
        self.assertEqual(["RequestId"], [part.tag for part in body])
        image = driver.list_images(ex_filters={"Status": "Deprecated", "ImageFamily": "silver"})[0]
        self.assertEqual(("黄金镜像-v1.2:rc_1", "a b*c~d+e & <f>"), (image.name, image.extra["description"]))

    def test_refusals(self):
        driver = self.driver()
        self.refused("InvalidImageName.Duplicated", self.modify, driver, ImageId="m-web", ImageName="old")
        self.refused("InvalidImageName.Malformed", self.modify, driver, ImageId="m-web", ImageName="1")
        self.refused("InvalidImageId.NotFound", self.modify, driver, ImageId="m-none", ImageName="new")
        self.refused("DryRunOperation", self.modify, driver, ImageId="m-web", ImageName="new", DryRun="true")
        self.assertEqual("web", driver.get_image("m-web").name)


class Troubles(Simulated):
    flags = ("--deny", "ecs:Modify*=m-old", "--fault", "throttle:image=m-web,hint=retry-after", "--set", "dry-run=success")

    def test_throttled_and_forbidden(self):
        self.refused("Throttling.User", self.modify, self.driver(), ImageId="m-web", ImageName="new")
        self.refused("Forbidden.RAM", self.modify, self.driver(), ImageId="m-old", ImageName="new")

    def test_the_other_spelling_of_a_dry_run(self):
        self.refused("DRYRUN.SUCCESS", self.driver().list_images, ex_filters={"DryRun": "true"})


if __name__ == "__main__":
    os.environ.pop("http_proxy", None)  # the simulator is on loopback
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2, warnings="ignore")
