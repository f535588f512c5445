package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/manifest"
)

const manifests = "../testdata/manifests"

// TestSpreadsheetExports reads files as spreadsheets save them.
func TestSpreadsheetExports(t *testing.T) {
	for _, tt := range []struct {
		file      string
		options   manifest.Options
		encoding  string
		delimiter rune
		names     []string // desired, of all rows
		problems  []string
	}{
		{
			file: "excel-zh-gbk.csv", encoding: "gb18030", delimiter: ',',
			names: []string{"生产镜像1", "生产镜像2", "网关-v2"},
		},
		{
			file: "excel-utf8-bom.csv", encoding: "utf-8-bom", delimiter: ',',
			names: []string{"生产镜像1", "生产镜像2", "网关-v2"},
		},
		{
			file: "excel-unicode-text-utf16le.csv", encoding: "utf-16le", delimiter: '\t',
			names: []string{"生产镜像1", "web-v2"},
		},
		{
			file: "utf16be.csv", encoding: "utf-16be", delimiter: ',',
			names: []string{"生产镜像1", "生产镜像2", "网关-v2"},
		},
		{
			file: "excel-de-semicolon.csv", encoding: "utf-8", delimiter: ';',
			names: []string{"web-v2", "db-v2"},
		},
		{
			file: "excel-de-windows-1252.csv", delimiter: ';',
			problems: []string{`2: the encoding is uncertain: the text reads "Gr鲞e" as gb18030, "Größe" as code page 1252 (Western); the rest of the file was not read` +
				` | save the file as UTF-8 with a byte order mark, or give --encoding gb18030 if the first is right`},
		},
		{
			file: "excel-mac-cr.csv", encoding: "utf-8", delimiter: ',',
			names: []string{"web-v2", "db-v2"},
		},
		{
			file: "libreoffice-quoted.csv", encoding: "utf-8", delimiter: ',',
			names: []string{"web-v2", "db-v2"},
		},
		{
			file: "wps-gb18030.csv", encoding: "gb18030", delimiter: ',',
			names: []string{"朱镕基-v1", "生产镜像"},
		},
		{
			file: "wps-gb18030.csv", options: manifest.Options{Encoding: "gb18030"}, encoding: "gb18030", delimiter: ',',
			names: []string{"朱镕基-v1", "生产镜像"},
		},
		{
			file: "truncated.csv", encoding: "utf-8", delimiter: ',',
			names:    []string{"web-v2"},
			problems: []string{"3: 2 cells, the header has 4 | was the file cut off, or a quote not closed?"},
		},
		{
			file: "trailing-empty-rows.csv", encoding: "utf-8", delimiter: ',',
			names: []string{"web-v2"},
			problems: []string{
				"1: column 4 has no name | name it, or delete the column",
				"1: column 5 has no name | name it, or delete the column",
			},
		},
	} {
		t.Run(tt.file, func(t *testing.T) {
			f := read(t, file(t, tt.file), tt.options)
			if f.Encoding != tt.encoding || f.Delimiter != tt.delimiter {
				t.Errorf("read as %s with %q, want %s with %q", f.Encoding, f.Delimiter, tt.encoding, tt.delimiter)
			}
			var names []string
			for _, row := range f.Rows {
				names = append(names, row.Want.ImageName)
			}
			if diff := cmp.Diff(tt.names, names); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, lines(f.Problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// zipHead is what a zip archive has before the name of its first file.
var zipHead = "PK\x03\x04" + strings.Repeat("\x00", 26)

const workbook = ` | save the sheet as CSV: "CSV UTF-8" in Excel, "CSV" in WPS, "Text CSV" in LibreOffice`

// TestEncodings has the bytes that decide, one way or the other.
func TestEncodings(t *testing.T) {
	const head = "image_id,region_id,image_name\n"
	utf16le := encoded(t, "utf-16", head+"m-1,r,中😀\n")[2:]
	for _, tt := range []struct {
		name     string
		csv      string
		encoding string // asked for
		want     string // found
		names    []string
		problem  string
	}{
		{
			name: "ASCII is UTF-8", csv: head + "m-1,r,a\n",
			want: "utf-8", names: []string{"a"},
		},
		{
			name: "a replacement character that is in the file is not an error", csv: head + "m-1,r,\uFFFD\n",
			want: "utf-8", names: []string{"\uFFFD"},
		},
		{
			name: "GBK far behind ASCII", csv: head + strings.Repeat("#\n", 300<<10) + "m-1,r,\xb2\xe2\xca\xd4\n",
			want: "gb18030", names: []string{"测试"},
		},
		{
			name: "GBK whose characters fall astride the look ahead",
			csv:  head + "m-1,r,\xb2\xe2\xca\xd4\n" + strings.Repeat("#\xb2\xe2\xca\xd4\xb2\xe2\n", 60<<10),
			want: "gb18030", names: []string{"测试"},
		},
		{
			name: "UTF-8 whose characters fall astride the look ahead",
			csv:  head + "m-1,r,测试\n" + strings.Repeat("#测试测试测\n", 60<<10),
			want: "utf-8", names: []string{"测试"},
		},
		{
			name: "GBK behind more UTF-8 than the look ahead",
			csv:  head + "m-1,r,é\n" + strings.Repeat("# "+strings.Repeat("x", 1022)+"\n", 300) + "m-2,r,\xb2\xe2\xca\xd4\n",
			want: "utf-8", names: []string{"é"},
			problem: "303: the bytes here are not valid utf-8; the rest of the file was not read" +
				" | does the file mix encodings? save it as UTF-8, or name its encoding with --encoding",
		},
		{
			name: "a rare character behind more GBK than the look ahead",
			csv:  head + "m-1,r,\xb2\xe2\xca\xd4\n" + strings.Repeat("# "+strings.Repeat("x", 1022)+"\n", 300) + "m-2,r,\xe9F\n",
			want: "gb18030", names: []string{"测试"},
			problem: "303: the text up to here looks like GB18030, but from here on that is not certain; the rest of the file was not read" +
				" | save the file as UTF-8, or give --encoding gb18030",
		},
		{
			name: "rare characters before and after common ones, astride buffers",
			csv:  encoded(t, "gb18030", head+"m-1,r,生产镜像-镕基\n#每天凌晨自动构建的基础镜像\n"+strings.Repeat("#镕基镕,𠮷野家\n", 5_000)),
			want: "gb18030", names: []string{"生产镜像-镕基"},
		},
		{
			name: "one Chinese character alone is not certain", csv: head + "m-1,r,v-\xb2\xe2\n",
			problem: `2: the encoding is uncertain: the text reads "v-测" as gb18030, "v-Ів" as code page 1251 (Cyrillic); the rest of the file was not read` +
				" | save the file as UTF-8 with a byte order mark, or give --encoding gb18030 if the first is right",
		},
		{
			name: "one Chinese character alone, named", csv: head + "m-1,r,v-\xb2\xe2\n", encoding: "gb18030",
			want: "gb18030", names: []string{"v-测"},
		},
		{
			name: "GB18030 that is valid UTF-8 of two scripts", csv: head + "m-1,r,\xcf\xb5\xcd\xb3-v2\n",
			problem: `2: the encoding is uncertain: the text reads "系统-v2" as gb18030, "ϵͳ-v2" as utf-8, "狼由-v2" as EUC-JP; the rest of the file was not read` +
				" | save the file as UTF-8 with a byte order mark, or give --encoding gb18030 or utf-8, whichever is right",
		},
		{
			name: "upper-case letters of Windows-1252 in a row", csv: head + "m-1,r,PRODU\xc7\xc3O\n",
			problem: `2: the encoding is uncertain: the text reads "PRODU敲O" as gb18030, "PRODU플O" as code page 949 (Korean); the rest of the file was not read` +
				" | save the file as UTF-8 with a byte order mark, or give --encoding gb18030 if the first is right",
		},
		{
			name: "a letter of Windows-1252 alone is no GB18030 either", csv: head + "m-1,r,caf\xe9\n",
			problem: `2: the text is neither UTF-8 nor GB18030; it reads "café" as code page 1252 (Western); the rest of the file was not read | save the file as UTF-8`,
		},
		{
			name: "the example ends with a whole character", csv: head + "m-1,r,\xb2\xe2-" + strings.Repeat("\x81\x41", 30) + "\n",
			problem: "2: the encoding is uncertain: the text reads \"测-" + strings.Repeat("丄", 18) + "\" as gb18030, \"꿎-" + strings.Repeat("갂", 18) + "\" as code page 949 (Korean); the rest of the file was not read" +
				" | save the file as UTF-8 with a byte order mark, or give --encoding gb18030 if the first is right",
		},
		{
			name: "Windows-1252 behind UTF-8", csv: head + "m-1,r,café\nm-2,r,caf\xe9\n", want: "utf-8", names: []string{"café"},
			problem: "3: the bytes here are not valid utf-8; the rest of the file was not read | does the file mix encodings? save it as UTF-8",
		},
		{
			name: "GBK behind UTF-8 that could be GBK", csv: head + "m-1,r,é\nm-2,r,\xb2\xe2\x81\x41\n", want: "utf-8", names: []string{"é"},
			problem: "3: the bytes here are not valid utf-8; the rest of the file was not read" +
				" | does the file mix encodings? save it as UTF-8, or name its encoding with --encoding",
		},
		{
			name: "Windows-1251", csv: file(t, "cyrillic-windows-1251.csv"),
			problem: `2: the encoding is uncertain: the text reads "彦疴屦-v1" as gb18030, "Сервер-v1" as code page 1251 (Cyrillic); the rest of the file was not read` +
				" | save the file as UTF-8 with a byte order mark, or give --encoding gb18030 if the first is right",
		},
		{
			name: "EUC-KR", csv: file(t, "korean-euc-kr.csv"),
			problem: `2: the encoding is uncertain: the text reads "辑滚-捞固瘤" as gb18030, "서버-이미지" as code page 949 (Korean); the rest of the file was not read` +
				" | save the file as UTF-8 with a byte order mark, or give --encoding gb18030 if the first is right",
		},
		{
			name: "characters of four bytes", csv: head + "m-1,r,\x94\x39\xfc\x36\x81\x30\x84\x36\n", encoding: "gb18030",
			want: "gb18030", names: []string{"😀¥"},
		},
		{
			name: "GB18030's own mark", csv: "\x84\x31\x95\x33" + head + "m-1,r,\x94\x39\xfc\x36\n",
			want: "gb18030", names: []string{"😀"},
		},
		{
			name: "GB18030 of no character", csv: head + "m-1,r,\xff\xff\n", encoding: "gb18030", want: "gb18030",
			problem: "2: the bytes here are not valid gb18030; the rest of the file was not read | was the file cut off? save it again",
		},
		{
			name: "GB18030 cut off", csv: head + "m-1,r,\x94\x39\xfc", encoding: "gb18030", want: "gb18030",
			problem: "2: the bytes here are not valid gb18030; the rest of the file was not read | was the file cut off? save it again",
		},
		{
			name: "UTF-8 cut off", csv: "\ufeff" + head + "m-1,r,a\nm-2,r,\xe4\xb8", want: "utf-8-bom", names: []string{"a"},
			problem: "3: the bytes here are not valid utf-8-bom; the rest of the file was not read | was the file cut off? save it again",
		},
		{
			name: "UTF-16 without a mark, named", csv: utf16le, encoding: "utf-16",
			want: "utf-16le", names: []string{"中😀"},
		},
		{
			name: "UTF-16 without a mark, not named", csv: utf16le,
			problem: "1: a NUL byte: this is not a text file; the rest of the file was not read" +
				" | a UTF-16 file must begin with its byte order mark, or be named with --encoding utf-16",
		},
		{
			name: "UTF-16 of uncertain order", csv: "中文", encoding: "utf-16",
			problem: "1: UTF-16 without a byte order mark, and the file does not begin with a column name; the rest of the file was not read" +
				" | save it with a byte order mark, or as UTF-8",
		},
		{
			name: "half a surrogate pair", csv: "\xff\xfei\x00\n\x00\x3d\xd8a\x00", want: "utf-16le",
			problem: "1: unknown column \"i\"; the rest of the file was not read | columns are image_id, region_id, profile, image_name, description, image_family, status, boot_mode, license_type, nvme_support, imds_support, current_name, current_description, current_image_family, current_status, current_boot_mode, current_license_type, current_nvme_support, current_imds_support, note; one of your own begins with x_",
		},
		{
			name: "half a surrogate pair in the header", csv: "\xfe\xff\xd8\x3d\x00a", want: "utf-16be",
			problem: "1: the bytes here are not valid utf-16be; the rest of the file was not read | was the file cut off? save it again",
		},
		{
			name: "half a unit", csv: utf16le[:len(utf16le)-1], encoding: "utf-16", want: "utf-16le",
			problem: "2: the bytes here are not valid utf-16le; the rest of the file was not read | was the file cut off? save it again",
		},
		{
			name: "a mark that contradicts", csv: "\ufeff" + head, encoding: "gb18030",
			problem: "1: the file begins with the byte order mark of utf-8-bom, but the encoding was given as gb18030; the rest of the file was not read" +
				" | leave out --encoding",
		},
		{
			name: "gzip", csv: "\x1f\x8b\x08\x00",
			problem: "1: not a CSV file but gzip; the rest of the file was not read | unpack it first: gunzip",
		},
		{
			name: "a workbook", csv: zipHead + "[Content_Types].xml",
			problem: "1: not a CSV file but an .xlsx workbook; the rest of the file was not read" + workbook,
		},
		{
			name: "another workbook", csv: zipHead + "mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
			problem: "1: not a CSV file but an .ods workbook; the rest of the file was not read" + workbook,
		},
		{
			name: "an archive", csv: zipHead + "images.csv",
			problem: "1: not a CSV file but a zip archive; the rest of the file was not read | unpack it first: unzip",
		},
		{
			name: "the beginning of an archive", csv: "PK\x03\x04",
			problem: "1: not a CSV file but a zip archive; the rest of the file was not read | unpack it first: unzip",
		},
		{
			name: "an old workbook, named as text", csv: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", encoding: "gb18030",
			problem: "1: not a CSV file but an .xls workbook; the rest of the file was not read" + workbook,
		},
		{
			name: "UTF-32", csv: "\xff\xfe\x00\x00i\x00\x00\x00",
			problem: "1: not a CSV file but UTF-32; the rest of the file was not read | save it as UTF-8",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := read(t, tt.csv, manifest.Options{Encoding: tt.encoding})
			if f.Encoding != tt.want {
				t.Errorf("encoding %q, want %q", f.Encoding, tt.want)
			}
			var names []string
			for _, row := range f.Rows {
				names = append(names, row.Want.ImageName)
			}
			if diff := cmp.Diff(tt.names, names); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			problem := strings.Join(lines(f.Problems), "\n")
			if problem != tt.problem {
				t.Errorf("problem %s\nwant    %s", problem, tt.problem)
			}
		})
	}
}
