package ecssim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs/ecssim"
)

// The images the rules are tried on; m-1 is the one that is edited unless a
// row names another.
func gallery() []ecssim.Image {
	with := func(i ecssim.Image, edit func(*ecssim.Image)) ecssim.Image {
		edit(&i)
		return i
	}
	return []ecssim.Image{
		with(image("m-1", "one"), func(i *ecssim.Image) {
			i.Description, i.Family, i.BootMode, i.ImdsSupport = "the first", "web", "BIOS", "v1"
		}),
		image("m-2", "two"),
		with(image("m-deprecated", "old"), func(i *ecssim.Image) { i.Status = "Deprecated" }),
		with(image("m-unavailable", "broken"), func(i *ecssim.Image) { i.Status = "UnAvailable" }),
		with(image("m-creating", "young"), func(i *ecssim.Image) { i.Status = "Creating" }),
		with(image("m-waiting", "younger"), func(i *ecssim.Image) { i.Status = "Waiting" }),
		with(image("m-shared", "shared"), func(i *ecssim.Image) { i.Shared = true }),
		with(image("m-busy", "busy"), func(i *ecssim.Image) { i.InUse = true }),
		with(image("m-v2", "hardened"), func(i *ecssim.Image) { i.ImdsSupport = "v2" }),
		with(image("m-fussy", "fussy"), func(i *ecssim.Image) {
			i.Unsupported = []string{"BootMode=BIOS", "LicenseType=BYOL", "Features.ImdsSupport=v2", "Features.NvmeSupport=supported"}
		}),
		with(image("ubuntu_22", "system"), func(i *ecssim.Image) { i.OwnerAlias = "system" }),
	}
}

func TestModifyRefuses(t *testing.T) {
	const (
		parameters = "ModifyImageAttribute reference, request parameters"
		codes      = "ModifyImageAttribute reference, error codes"
		common     = "ECS API reference, common error codes"
	)
	for _, tt := range []struct {
		name   string
		source string
		image  string // m-1 if empty
		set    []string
		status int
		code   string
	}{
		{"name of one character", parameters, "", []string{"ImageName", "a"}, 400, "InvalidImageName.Malformed"},
		{"name of 129 characters", parameters, "", []string{"ImageName", strings.Repeat("a", 129)}, 400, "InvalidImageName.Malformed"},
		{"name of 129 Chinese characters", parameters, "", []string{"ImageName", strings.Repeat("镜", 129)}, 400, "InvalidImageName.Malformed"},
		{"name begins with a digit", parameters, "", []string{"ImageName", "1web"}, 400, "InvalidImageName.Malformed"},
		{"name begins with a hyphen", parameters, "", []string{"ImageName", "-web"}, 400, "InvalidImageName.Malformed"},
		{"name begins with aliyun", parameters, "", []string{"ImageName", "aliyun-web"}, 400, "InvalidImageName.Malformed"},
		{"name begins with acs:", parameters, "", []string{"ImageName", "acs:web"}, 400, "InvalidImageName.Malformed"},
		{"name holds http://", parameters, "", []string{"ImageName", "web-http://x"}, 400, "InvalidImageName.Malformed"},
		{"name holds https://", parameters, "", []string{"ImageName", "web-https://x"}, 400, "InvalidImageName.Malformed"},
		{"name holds a space", parameters, "", []string{"ImageName", "web base"}, 400, "InvalidImageName.Malformed"},
		{"name holds a slash", parameters, "", []string{"ImageName", "web/base"}, 400, "InvalidImageName.Malformed"},
		{"name holds a tab", parameters, "", []string{"ImageName", "web\tbase"}, 400, "InvalidImageName.Malformed"},
		{"name holds a combining mark", parameters, "", []string{"ImageName", "cafe\u0301"}, 400, "InvalidImageName.Malformed"},
		{"name holds a variation selector", parameters, "", []string{"ImageName", "镜\ufe00像"}, 400, "InvalidImageName.Malformed"},
		{"name is no UTF-8", parameters, "", []string{"ImageName", "web\xff"}, 400, "InvalidImageName.Malformed"},
		{"description of one character", parameters, "", []string{"Description", "a"}, 400, "InvalidDescription.Malformed"},
		{"description of 257 characters", parameters, "", []string{"Description", strings.Repeat("图", 257)}, 400, "InvalidDescription.Malformed"},
		{"description begins with http://", parameters, "", []string{"Description", "http://x"}, 400, "InvalidDescription.Malformed"},
		{"description begins with https://", parameters, "", []string{"Description", "https://x"}, 400, "InvalidDescription.Malformed"},
		{"family breaks the rule of names", parameters, "", []string{"ImageFamily", "acs:web"}, 400, "InvalidImageFamily.Malformed"},
		{"status of another kind", parameters, "", []string{"Status", "Creating"}, 400, "InvalidParameter"},
		{"boot mode of another kind", parameters, "", []string{"BootMode", "bios"}, 400, "InvalidParameter"},
		{"NVMe support of another kind", parameters, "", []string{"Features.NvmeSupport", "yes"}, 400, "InvalidParameter"},
		{"metadata support of another kind", codes, "", []string{"Features.ImdsSupport", "v3"}, 400, "InvalidParameter.FeaturesImdsSupport"},
		{"licence of another kind", codes, "", []string{"LicenseType", "GPL"}, 400, "InvalidLicenseType.NotSupported"},
		{"dry run of another kind", common, "", []string{"DryRun", "maybe"}, 400, "InvalidParameter"},

		{"name held by another image", codes, "", []string{"ImageName", "two"}, 400, "InvalidImageName.Duplicated"},
		{"name held by a deprecated image", codes, "", []string{"ImageName", "old"}, 400, "InvalidImageName.Duplicated"},
		{"name held by an image being created", codes, "", []string{"ImageName", "young"}, 400, "InvalidImageName.Duplicated"},
		{"name held by an unavailable image", codes, "", []string{"ImageName", "broken"}, 400, "InvalidImageName.Duplicated"},

		{"no such image", codes, "m-none", []string{"ImageName", "three"}, 404, "InvalidImageId.NotFound"},
		{"an image of the system", codes, "ubuntu_22", []string{"ImageName", "three"}, 404, "InvalidImageId.NotFound"},
		{"image being created", codes, "m-creating", []string{"ImageName", "three"}, 403, "InvalidStatus.ImageIsCreating"},
		{"image waiting to be created", codes, "m-waiting", []string{"ImageName", "three"}, 403, "InvalidStatus.ImageIsCreating"},
		{"deprecate a shared image", codes, "m-shared", []string{"Status", "Deprecated"}, 403, "ImageUseShared"},
		{"deprecate an unavailable image", codes, "m-unavailable", []string{"Status", "Deprecated"}, 403, "ImageStatus.NotAvailable"},
		{"deprecate a deprecated image", codes, "m-deprecated", []string{"Status", "Deprecated"}, 403, "ImageStatus.NotAvailable"},
		{"bring an available image back", codes, "", []string{"Status", "Available"}, 403, "ImageStatus.NotDeprecated"},
		{"boot mode of an image in use", codes, "m-busy", []string{"BootMode", "UEFI"}, 403, "OperationDeined.ImageUsingByInstance"},
		{"boot mode the image cannot take", codes, "m-fussy", []string{"BootMode", "BIOS"}, 400, "InvalidBootMode.NotSupport"},
		{"licence the image cannot take", codes, "m-fussy", []string{"LicenseType", "BYOL"}, 400, "InvalidLicenseType.NotSupported"},
		{"metadata support the image cannot take", codes, "m-fussy", []string{"Features.ImdsSupport", "v2"}, 400, "InvalidParameter.FeaturesImdsSupport"},
		{"NVMe support the image cannot take", common, "m-fussy", []string{"Features.NvmeSupport", "supported"}, 400, "UnsupportedParameter"},
		{"metadata support from v2 to v1", codes, "m-v2", []string{"Features.ImdsSupport", "v1"}, 403, "InvalidOperation.FeaturesImdsSupportNotMatch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newServer(t, ecssim.Config{}, gallery()...)
			before := s.Images(accountID, region)
			id := tt.image
			if id == "" {
				id = "m-1"
			}
			check(t, c.modify(t, id, tt.set...), tt.status, tt.code)
			if diff := cmp.Diff(before, s.Images(accountID, region)); diff != "" {
				t.Errorf("a refused call (%s) changed something (-before +after):\n%s", tt.source, diff)
			}
		})
	}
}

func TestModifyMissingParameters(t *testing.T) {
	_, c := newServer(t, ecssim.Config{}, gallery()...)
	check(t, c.call(t, "ModifyImageAttribute", "RegionId", region), 400, "MissingParameter")
	check(t, c.call(t, "ModifyImageAttribute", "ImageId", "m-1"), 400, "MissingParameter")
	check(t, c.call(t, "ModifyImageAttribute", "ImageId", "m-1", "RegionId", "mars-1"), 404, "InvalidRegionId.NotFound")
}

func TestModifyApplies(t *testing.T) {
	for _, tt := range []struct {
		name  string
		image string
		set   []string
		want  func(*ecssim.Image)
	}{
		{"a name", "m-1", []string{"ImageName", "new.name:v1_2-rc"}, func(i *ecssim.Image) { i.Name = "new.name:v1_2-rc" }},
		{"a Chinese name", "m-1", []string{"ImageName", "黄金镜像-v1.2:rc_1"}, func(i *ecssim.Image) { i.Name = "黄金镜像-v1.2:rc_1" }},
		{"a name of 128 Chinese characters", "m-1", []string{"ImageName", strings.Repeat("镜", 128)}, func(i *ecssim.Image) { i.Name = strings.Repeat("镜", 128) }},
		{"a name of two characters", "m-1", []string{"ImageName", "ab"}, func(i *ecssim.Image) { i.Name = "ab" }},
		{"a name with the Chinese zero", "m-1", []string{"ImageName", "〇号-二〇二六"}, func(i *ecssim.Image) { i.Name = "〇号-二〇二六" }},
		{"a name with aliyun inside", "m-1", []string{"ImageName", "my-aliyun"}, func(i *ecssim.Image) { i.Name = "my-aliyun" }},
		{"a name an image of the system has", "m-1", []string{"ImageName", "system"}, func(i *ecssim.Image) { i.Name = "system" }},
		{"a name in another case", "m-1", []string{"ImageName", "TWO"}, func(i *ecssim.Image) { i.Name = "TWO" }},
		{"a description", "m-1", []string{"Description", "a b*c~d+e=&%"}, func(i *ecssim.Image) { i.Description = "a b*c~d+e=&%" }},
		{"a description with a link inside", "m-1", []string{"Description", "see http://x"}, func(i *ecssim.Image) { i.Description = "see http://x" }},
		{"a family", "m-1", []string{"ImageFamily", "db"}, func(i *ecssim.Image) { i.Family = "db" }},
		{"deprecated", "m-1", []string{"Status", "Deprecated"}, func(i *ecssim.Image) { i.Status = "Deprecated" }},
		{"available again", "m-deprecated", []string{"Status", "Available"}, func(i *ecssim.Image) { i.Status = "Available" }},
		{"a boot mode", "m-1", []string{"BootMode", "UEFI-Preferred"}, func(i *ecssim.Image) { i.BootMode = "UEFI-Preferred" }},
		{"a licence", "m-1", []string{"LicenseType", "BYOL"}, func(i *ecssim.Image) { i.LicenseType = "BYOL" }},
		{"NVMe support", "m-1", []string{"Features.NvmeSupport", "supported"}, func(i *ecssim.Image) { i.NvmeSupport = "supported" }},
		{"metadata support from v1 to v2", "m-1", []string{"Features.ImdsSupport", "v2"}, func(i *ecssim.Image) { i.ImdsSupport = "v2" }},
		{"the name of an image in use", "m-busy", []string{"ImageName", "three"}, func(i *ecssim.Image) { i.Name = "three" }},
		{"the name of a shared image", "m-shared", []string{"ImageName", "three"}, func(i *ecssim.Image) { i.Name = "three" }},
		{"the name of a deprecated image", "m-deprecated", []string{"ImageName", "three"}, func(i *ecssim.Image) { i.Name = "three" }},
		{
			"all at once",
			"m-1",
			[]string{"ImageName", "three", "Description", "the third", "ImageFamily", "db", "Status", "Deprecated", "DryRun", "false"},
			func(i *ecssim.Image) {
				i.Name, i.Description, i.Family, i.Status = "three", "the third", "db", "Deprecated"
			},
		},
		{
			"nothing, because empty means keep",
			"m-1",
			[]string{"ImageName", "", "Description", "", "ImageFamily", "", "Status", "", "BootMode", "", "LicenseType", "", "DryRun", ""},
			func(*ecssim.Image) {},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newServer(t, ecssim.Config{}, gallery()...)
			want := s.Images(accountID, region)
			for i := range want {
				if want[i].ID == tt.image {
					tt.want(&want[i])
				}
			}
			got := c.modify(t, tt.image, tt.set...)
			check(t, got, 200, "")
			if diff := cmp.Diff(want, s.Images(accountID, region)); diff != "" {
				t.Errorf("images (-want +got):\n%s", diff)
			}
			if want := `{"RequestId":"` + got.RequestID + `"}`; got.Raw != want {
				t.Errorf("body = %s, want %s", got.Raw, want)
			}
		})
	}
}

// ModifyImageAttribute reference, parameter DryRun; the spellings differ among
// the operations of ECS.
func TestDryRun(t *testing.T) {
	for _, tt := range []struct {
		name     string
		spelling ecssim.DryRun
		code     string
		message  string
	}{
		{"DryRunOperation", ecssim.DryRunOperation, "DryRunOperation", "with DryRun flag set"},
		{"DRYRUN.SUCCESS", ecssim.DryRunSuccess, "DRYRUN.SUCCESS", "validation"},
		{"only in the message", ecssim.DryRunMessageOnly, "RequestValidated", "with DryRun flag set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newServer(t, ecssim.Config{Open: ecssim.Open{DryRun: tt.spelling}}, gallery()...)
			got := c.modify(t, "m-1", "ImageName", "three", "DryRun", "true")
			check(t, got, 400, tt.code)
			if !strings.Contains(got.Message, tt.message) {
				t.Errorf("message = %q, want %q in it", got.Message, tt.message)
			}
			check(t, c.modify(t, "m-1", "ImageName", "two", "DryRun", "true"), 400, "InvalidImageName.Duplicated")
			check(t, c.modify(t, "m-none", "ImageName", "three", "DryRun", "true"), 404, "InvalidImageId.NotFound")
			if got := s.Images(accountID, region)[0].Name; got != "one" {
				t.Errorf("a dry run renamed the image to %q", got)
			}
		})
	}
}

// What renaming an image to its own name returns is open.
func TestOwnName(t *testing.T) {
	_, kept := newServer(t, ecssim.Config{}, gallery()...)
	check(t, kept.modify(t, "m-1", "ImageName", "one"), 200, "")
	_, refused := newServer(t, ecssim.Config{Open: ecssim.Open{OwnName: ecssim.OwnNameDuplicated}}, gallery()...)
	check(t, refused.modify(t, "m-1", "ImageName", "one"), 400, "InvalidImageName.Duplicated")
}

// A name is free as soon as its holder has another one.
func TestNamesMoveOn(t *testing.T) {
	_, c := newServer(t, ecssim.Config{}, gallery()...)
	check(t, c.modify(t, "m-1", "ImageName", "parked"), 200, "")
	check(t, c.modify(t, "m-2", "ImageName", "one"), 200, "")
	check(t, c.modify(t, "m-1", "ImageName", "two"), 200, "")
	check(t, c.modify(t, "m-shared", "ImageName", "parked"), 200, "")
}

func TestFamilyQuotas(t *testing.T) {
	family := func(id, name, family string) ecssim.Image {
		i := image(id, name)
		i.Family = family
		return i
	}
	images := []ecssim.Image{
		family("m-1", "one", "web"), family("m-2", "two", "web"), family("m-3", "three", "db"), image("m-4", "four"),
	}
	for _, tt := range []struct {
		name   string
		config ecssim.Config
		image  string
		family string
		status int
		code   string
	}{
		{"one family too many", ecssim.Config{MaxFamilies: 2}, "m-4", "cache", 400, "ImageFamilyQuotaFull"},
		{"a family that is there", ecssim.Config{MaxFamilies: 2}, "m-4", "db", 200, ""},
		{"a family that replaces its own", ecssim.Config{MaxFamilies: 2}, "m-3", "cache", 200, ""},
		{"one image too many", ecssim.Config{MaxFamilyImages: 2}, "m-4", "web", 400, "ImageQuotaFull.ImageFamily"},
		{"the family it is in", ecssim.Config{MaxFamilyImages: 2}, "m-1", "web", 200, ""},
		{"the last place", ecssim.Config{MaxFamilyImages: 2}, "m-4", "db", 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newServer(t, tt.config, images...)
			check(t, c.modify(t, tt.image, "ImageFamily", tt.family), tt.status, tt.code)
		})
	}
}

// Accounts and regions do not share names.
func TestLanesAreApart(t *testing.T) {
	other := ecssim.Account{
		ID:      "2234567890123456",
		Keys:    []ecssim.Key{{AccessKeyID: "other", Secret: "other"}},
		Regions: map[string][]ecssim.Image{region: {image("m-9", "nine")}, "cn-shanghai": {image("m-8", "one")}},
	}
	s, c := newServer(t, ecssim.Config{Accounts: []ecssim.Account{account(image("m-1", "one")), other}})
	check(t, c.modify(t, "m-1", "ImageName", "nine"), 200, "")
	check(t, c.modify(t, "m-9", "ImageName", "mine"), 404, "InvalidImageId.NotFound")
	check(t, c.call(t, "ModifyImageAttribute", "RegionId", "cn-shanghai", "ImageId", "m-1"), 404, "InvalidImageId.NotFound")
	c.keyID, c.secret = "other", "other"
	check(t, c.call(t, "ModifyImageAttribute", "RegionId", "cn-shanghai", "ImageId", "m-8", "ImageName", "nine"), 200, "")
	if got := s.Images(other.ID, region)[0].Name; got != "nine" {
		t.Errorf("m-9 of the other account is named %q", got)
	}
}
