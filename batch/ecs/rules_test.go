package ecs_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
)

func TestCheckColumn(t *testing.T) {
	const name, description = "image_name", "description"
	for _, tt := range []struct {
		name, column, value string
		want, hint          string // "" is legal
	}{
		{"name: one character", name, "a", "1 character long", "2 to 128 characters are allowed"},
		{"name: two characters", name, "ab", "", ""},
		{"name: 128 Chinese characters", name, strings.Repeat("镜", 128), "", ""},
		{"name: 129 Chinese characters", name, strings.Repeat("镜", 129), "129 characters long", "2 to 128 characters are allowed"},
		{"name: 128 letters beyond the first plane", name, strings.Repeat("𠀀", 128), "", ""},
		{"name: combining mark with a composed form", name, "cafe\u0301-1", "combining mark U+0301 at position 5", `write "café-1" in composed characters (Unicode NFC)`},
		{"name: composed form", name, "café-1", "", ""},
		{"name: composed Hangul and kana", name, "서버ガ", "", ""},
		{"name: kana and a voiced sound mark", name, "サーバーカ\u3099", "combining mark U+3099 at position 6", `write "サーバーガ" in composed characters (Unicode NFC)`},
		{"name: combining mark without a composed form", name, "xx\u0301", "combining mark U+0301 at position 3", "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: composed form that is no name either", name, "cafe\u0301 1", "combining mark U+0301 at position 5", "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: composed form of one character", name, "e\u0301", "combining mark U+0301 at position 2", "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: variation selector", name, "镜\ufe00像", "variation selector U+FE00 at position 2", "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: variation selector of ideographs", name, "葛\U000e0100城", "variation selector U+E0100 at position 2", "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: enclosing mark", name, "a1\u20e3", "combining mark U+20E3 at position 3", "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: spacing mark", name, "कि", "combining mark U+093F at position 2", "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: Chinese zero", name, "二〇二六", "", ""},
		{"name: starts with the Chinese zero", name, "〇号", "", ""},
		{"name: other Chinese numerals", name, "〡〸", "", ""},
		{"name: numerals of other scripts", name, "aⅧ", `character 'Ⅷ' at position 2`, "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: radicals, which are signs", name, "a⼀", `character '⼀' at position 2`, "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: full-width digit", name, "web-１", "", ""},
		{"name: all signs that are allowed", name, "a.:_-9", "", ""},
		{"name: starts with a Chinese character", name, "黄金镜像-v1.2:rc_1", "", ""},
		{"name: starts with an accented letter", name, "Émile", "", ""},
		{"name: starts with a digit", name, "1a", `starts with '1'`, "a name starts with a letter or a Chinese character"},
		{"name: starts with a sign", name, "_a", `starts with '_'`, "a name starts with a letter or a Chinese character"},
		{"name: starts with a combining mark", name, "\u0301a", "starts with U+0301", "a name starts with a letter or a Chinese character"},
		{"name: reserved word", name, "aliyun-web", `"aliyun-web" starts with a reserved word`, "a name must not start with aliyun or acs:"},
		{"name: reserved word in another case", name, "AliYun", `"AliYun" starts with a reserved word`, "a name must not start with aliyun or acs:"},
		{"name: reserved prefix in another case", name, "ACS:web", `"ACS:web" starts with a reserved word`, "a name must not start with aliyun or acs:"},
		{"name: acs without the colon", name, "acsweb", "", ""},
		{"name: reserved word further on", name, "my-aliyun-acs:", "", ""},
		{"name: web address inside", name, "web-http://x", `"web-http://x" contains a web address`, "a name must not contain http:// or https://"},
		{"name: web address in another case", name, "webHTTPS://x", `"webHTTPS://x" contains a web address`, "a name must not contain http:// or https://"},
		{"name: http without the slashes", name, "http:x", "", ""},
		{"name: slash", name, "a/b", `character '/' at position 2`, "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: position counts characters", name, "镜像 1", `character ' ' at position 3`, "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: white space at the end", name, "web ", `character ' ' at position 4`, "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: ideographic space", name, "镜\u3000像", `character '\u3000' at position 2`, "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: zero-width space", name, "a\u200bb", `character '\u200b' at position 2`, "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: line break", name, "a\nb", `character '\n' at position 2`, "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: emoji", name, "a🙂", `character '🙂' at position 2`, "letters, Chinese characters, digits and . : _ - are allowed, no white space"},
		{"name: not UTF-8", name, "a\xff", "not valid UTF-8", "save the file as UTF-8"},

		{"family: obeys the rule of names", "image_family", "acs:web", `"acs:web" starts with a reserved word`, "a name must not start with aliyun or acs:"},
		{"family: legal", "image_family", "web.family", "", ""},

		{"description: one character", description, "a", "1 character long", "2 to 256 characters are allowed"},
		{"description: 256 Chinese characters", description, strings.Repeat("镜", 256), "", ""},
		{"description: 257 characters", description, strings.Repeat("镜", 257), "257 characters long", "2 to 256 characters are allowed"},
		{"description: white space and signs", description, " a\r\n\"b\" ", "", ""},
		{"description: starts with http", description, "http://x", "starts with a web address", "a description must not start with http:// or https://"},
		{"description: starts with https", description, "https://x", "starts with a web address", "a description must not start with http:// or https://"},
		{"description: web address inside", description, "see https://x", "", ""},
		{"description: not UTF-8", description, "ab\xff", "not valid UTF-8", "save the file as UTF-8"},

		{"status: legal", "status", "Deprecated", "", ""},
		{"status: case", "status", "deprecated", `"deprecated" is not a value of this column`, "did you mean Deprecated?"},
		{"status: spaces", "status", " Available ", `" Available " is not a value of this column`, "did you mean Available?"},
		{"status: one that cannot be set", "status", "Creating", `"Creating" is not a value of this column`, "one of: Available, Deprecated"},
		{"boot mode: legal", "boot_mode", "UEFI-Preferred", "", ""},
		{"boot mode: case", "boot_mode", "uefi", `"uefi" is not a value of this column`, "did you mean UEFI?"},
		{"boot mode: unknown", "boot_mode", "EFI", `"EFI" is not a value of this column`, "one of: BIOS, UEFI, UEFI-Preferred"},
		{"licence: legal", "license_type", "BYOL", "", ""},
		{"licence: unknown", "license_type", "Auto", `"Auto" is not a value of this column`, "one of: BYOL"},
		{"nvme: legal", "nvme_support", "unsupported", "", ""},
		{"nvme: truth value", "nvme_support", "true", `"true" is not a value of this column`, "one of: supported, unsupported"},
		{"imds: legal", "imds_support", "v2", "", ""},
		{"imds: case", "imds_support", "V2", `"V2" is not a value of this column`, "did you mean v2?"},

		{"id: legal", "image_id", "m-bp18ygjuqnwhechc0001", "", ""},
		{"id: no length is enforced", "image_id", "m-1", "", ""},
		{"id: of a public image", "image_id", "centos_7_9_x64.vhd", `"centos_7_9_x64.vhd" is not the id of a custom image`, "ids look like m-bp18ygjuqnwhechc0001; leave the cell blank and give current_name to find an image by its name"},
		{"id: prefix only", "image_id", "m-", `"m-" is not the id of a custom image`, "ids look like m-bp18ygjuqnwhechc0001; leave the cell blank and give current_name to find an image by its name"},
		{"id: two of them", "image_id", "m-1,m-2", `"m-1,m-2" is not the id of a custom image`, "ids look like m-bp18ygjuqnwhechc0001; leave the cell blank and give current_name to find an image by its name"},
		{"id: not UTF-8", "image_id", "m-\xff", `"m-\xff" is not the id of a custom image`, "ids look like m-bp18ygjuqnwhechc0001; leave the cell blank and give current_name to find an image by its name"},

		{"region: legal", "region_id", "cn-north-2-gov-1", "", ""},
		{"region: unknown but possible", "region_id", "moon-1", `"moon-1" is not a region that this version knows`, "the API will be asked anyway"},
		{"region: near miss", "region_id", "cn-hangzou", `"cn-hangzou" is not a region that this version knows`, "did you mean cn-hangzhou?"},
		{"region: empty", "region_id", "", `"" is not a region id`, "region ids look like cn-hangzhou: lower-case letters, digits and hyphens"},
		{"region: upper case", "region_id", "CN-hangzhou", `"CN-hangzhou" is not a region id`, "region ids look like cn-hangzhou: lower-case letters, digits and hyphens"},
		{"region: a host", "region_id", "evil.example/", `"evil.example/" is not a region id`, "region ids look like cn-hangzhou: lower-case letters, digits and hyphens"},
		{"region: hyphen at the end", "region_id", "cn-", `"cn-" is not a region id`, "region ids look like cn-hangzhou: lower-case letters, digits and hyphens"},
		{"region: as long as a label may be", "region_id", strings.Repeat("a", 63), `"` + strings.Repeat("a", 63) + `" is not a region that this version knows`, "the API will be asked anyway"},
		{"region: longer", "region_id", strings.Repeat("a", 64), `"` + strings.Repeat("a", 64) + `" is not a region id`, "region ids look like cn-hangzhou: lower-case letters, digits and hyphens"},

		{"conditions may be anything", "current_name", "1 http://", "", ""},
		{"conditions of enums too", "current_status", "Creating", "", ""},
		{"columns of others", "profile", "\xff", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := ecs.CheckColumn(tt.column, tt.value)
			var got, hint string
			if broken, ok := errors.AsType[*ecs.ValueError](err); ok {
				got, hint = broken.Error(), broken.Hint()
			} else if err != nil {
				t.Fatalf("error is a %T", err)
			}
			if diff := cmp.Diff([]string{tt.want, tt.hint}, []string{got, hint}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Only a region that is possible but unknown is a warning.
func TestWarnings(t *testing.T) {
	for value, want := range map[string]bool{"moon-1": true, "cn-hangzou": true, "Moon": false, "": false} {
		broken, ok := errors.AsType[*ecs.ValueError](ecs.CheckColumn("region_id", value))
		if !ok || broken.Warning() != want {
			t.Errorf("%q: %+v, want a warning: %v", value, broken, want)
		}
	}
}

func FuzzCheckColumn(f *testing.F) {
	for _, seed := range []string{"", "web", "aliyun", "镜像", "e\u0301", "http://", "a\xff", "\x00\x00", "m-1"} {
		f.Add("image_name", seed)
		f.Add("region_id", seed)
	}
	f.Fuzz(func(t *testing.T, column, value string) {
		for a := range (ecs.Attributes{}).All() {
			_ = a.Check(value)
		}
		if err := ecs.CheckColumn(column, value); err != nil {
			if broken, ok := errors.AsType[*ecs.ValueError](err); !ok || broken.Problem == "" || broken.Advice == "" {
				t.Errorf("%s %q: %#v does not help", column, value, err)
			}
		}
		if ecs.ImageName.Check(value) == nil {
			checkLegalName(t, value)
		}
	})
}

// checkLegalName says the rule of the reference page in other words.
func checkLegalName(t *testing.T, name string) {
	t.Helper()
	runes := []rune(name)
	lower := strings.ToLower(name)
	switch {
	case !utf8.ValidString(name), len(runes) < 2, len(runes) > 128,
		!unicode.In(runes[0], unicode.Letter, unicode.Han), strings.ContainsFunc(name, unicode.IsMark),
		strings.HasPrefix(lower, "aliyun"), strings.HasPrefix(lower, "acs:"),
		strings.Contains(lower, "http://"), strings.Contains(lower, "https://"),
		strings.ContainsFunc(name, unicode.IsSpace), strings.ContainsFunc(name, unicode.IsControl):
		t.Errorf("%q is accepted", name)
	}
}
