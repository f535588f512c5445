package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/manifest"
)

// fussy is a value rule as a caller could have it.
func fussy(column, value string) error {
	switch {
	case column == "image_name" && strings.HasPrefix(value, "bad"):
		return advice{fmt.Errorf("%q is a bad name", value), "take a good one"}
	case column == "current_status" && value != "Available":
		return fmt.Errorf("%q is no status", value)
	case column == "region_id" && value == "cn-hangzou":
		return doubt{fmt.Errorf("%q is unknown", value)}
	}
	return nil
}

type advice struct {
	error
	hint string
}

func (a advice) Hint() string { return a.hint }

type doubt struct{ error }

func (doubt) Warning() bool { return true }

// TestProblems has a row for each thing that can be wrong with a manifest. All
// are read with fussy as the value rule.
func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		name    string
		csv     string
		options manifest.Options
		want    []string
	}{
		{
			name: "a good file has none",
			csv:  header + "m-1,cn-hangzhou,old,new,\n",
		},
		{
			name: "an empty file has no header",
			csv:  "",
			want: []string{"1: no header: the file is empty"},
		},
		{
			name:    "an empty file has no header even where no rows are accepted",
			csv:     "\n# nothing\n",
			options: manifest.Options{AllowEmpty: true},
			want:    []string{"2: no header: there are only blank lines and comments"},
		},
		{
			name: "no rows",
			csv:  header + "\n\n",
			want: []string{"3: no rows | --allow-empty accepts that"},
		},
		{
			name:    "no rows are accepted on request",
			csv:     header,
			options: manifest.Options{AllowEmpty: true},
		},
		{
			name: "bad rows are rows",
			csv:  header + "m-1,cn-hangzhou,,bad,\n",
			want: []string{`2:image_name: "bad" is a bad name | take a good one`},
		},
		{
			name: "a misspelt column",
			csv:  "image_id,region_id,image_nmae,image_family\nm-1,cn-hangzhou,new,f\n",
			want: []string{`1: unknown column "image_nmae" | did you mean image_name?`},
		},
		{
			name: "a column that is part of a known one",
			csv:  "image_id,region_id,image_name,family\nm-1,cn-hangzhou,new,f\n",
			want: []string{`1: unknown column "family" | did you mean image_family?`},
		},
		{
			name: "a column like no other",
			csv:  "image_id,region_id,image_name,quux-quux\nm-1,cn-hangzhou,new,f\n",
			want: []string{`1: unknown column "quux-quux" | columns are image_id, region_id, profile, image_name, description, ` +
				"image_family, status, boot_mode, license_type, nvme_support, imds_support, current_name, current_description, " +
				"current_image_family, current_status, current_boot_mode, current_license_type, current_nvme_support, " +
				"current_imds_support, note; one of your own begins with x_"},
		},
		{
			name: "a repeated column",
			csv:  "image_id,region_id,image_name,image_name\nm-1,cn-hangzhou,new,newer\n",
			want: []string{`1: column "image_name" appears twice`},
		},
		{
			name: "a column repeated in other spelling",
			csv:  "image_id,region_id,image_name,current_name,Current Image Name\nm-1,cn-hangzhou,new,a,b\n",
			want: []string{`1: columns "current_name" and "Current Image Name" are the same`},
		},
		{
			name: "a repeated column of the user's own",
			csv:  "image_id,region_id,image_name,x_a,X-A\nm-1,cn-hangzhou,new,a,b\n",
			want: []string{`1: columns "x_a" and "X-A" are the same`},
		},
		{
			name: "a column without a name",
			csv:  "image_id,region_id,image_name, \nm-1,cn-hangzhou,new,a\n",
			want: []string{"1: column 4 has no name | name it, or delete the column"},
		},
		{
			name: "what the header lacks is not held against the rows",
			csv:  "description_,note\na,b\nc,d\n",
			want: []string{
				"1: no column says which image: image_id or current_name is missing",
				"1: column region_id is missing | add it, or give --default-region",
			},
		},
		{
			name: "no column to change",
			csv:  "image_id,region_id,current_name\nm-1,cn-hangzhou,old\n",
			want: []string{"1: no column says what to change | add image_name or another attribute"},
		},
		{
			name:    "an inventory has nothing to change, in its header or in its rows",
			csv:     "image_id,region_id,current_name\nm-1,cn-hangzhou,old\nm-2,cn-hangzhou,\n",
			options: manifest.Options{Inventory: true},
		},
		{
			name:    "an inventory as it is exported, of an image without a name",
			csv:     header + "m-1,cn-hangzhou,old,old,\nm-2,cn-hangzhou,,,\n",
			options: manifest.Options{Inventory: true},
		},
		{
			name:    "an inventory needs images and regions",
			csv:     "image_id,region_id,current_name\n,cn-hangzhou,\nm-1,,a\n",
			options: manifest.Options{Inventory: true},
			want: []string{
				"2: no image: image_id and current_name are blank",
				"3:region_id: blank | fill it in, or give --default-region",
			},
		},
		{
			name: "no header at all",
			csv:  "m-1,cn-hangzhou,new\nm-2,cn-hangzhou,newer\n",
			want: []string{"1: no header: none of the 3 cells here is a known column; the rest of the file was not read | columns are image_id, region_id, " +
				"profile, image_name, description, image_family, status, boot_mode, license_type, nvme_support, imds_support, current_name, " +
				"current_description, current_image_family, current_status, current_boot_mode, current_license_type, current_nvme_support, " +
				"current_imds_support, note"},
		},
		{
			name: "a header that is a comment",
			csv:  "#image_id,region_id,image_name\nm-1,cn-hangzhou,new\n",
			want: []string{"2: no header: none of the 3 cells here is a known column; the rest of the file was not read | line 1 would be one without its #"},
		},
		{
			name: "a delimiter that is not supported",
			csv:  "image_id|region_id|image_name\nm-1|cn-hangzhou|new\n",
			want: []string{`1: unknown column "image_id|region_id|image_name"; the rest of the file was not read` +
				` | is "|" meant to separate columns? comma, semicolon and tab can, see --delimiter`},
		},
		{
			name: "a full-width comma",
			csv:  "image_id，region_id，image_name\nm-1，cn-hangzhou，new\n",
			want: []string{`1: unknown column "image_id，region_id，image_name"; the rest of the file was not read` +
				` | is "，" meant to separate columns? comma, semicolon and tab can, see --delimiter`},
		},
		{
			name: "two delimiters are possible",
			csv:  "image_id,image_name;region_id\n",
			want: []string{"1: more than one delimiter is possible; the rest of the file was not read | name it with --delimiter"},
		},
		{
			name: "a sep line with another delimiter",
			csv:  "sep=|\nimage_id|region_id\n",
			want: []string{`1: the sep= line names "|" as delimiter; the rest of the file was not read | it can be comma, semicolon or tab`},
		},
		{
			name: "too few cells, too many, and the rows after them",
			csv:  header + "m-1,cn-hangzhou\nm-2,cn-hangzhou,old,new, with comma,\nm-3,cn-hangzhou,,bad,\n",
			want: []string{
				"2: 2 cells, the header has 5 | was the file cut off, or a quote not closed?",
				`3: 6 cells, the header has 5 | put a value that holds "," in quotes`,
				`4:image_name: "bad" is a bad name | take a good one`,
			},
		},
		{
			name: "too many cells beside columns of the user's own",
			csv:  "image_id,region_id,image_name,x_a\nm-1,cn-hangzhou,new,a,b\n",
			want: []string{`2: 5 cells, the header has 4 | put a value that holds "," in quotes`},
		},
		{
			name: "a row over several lines",
			csv:  header + "m-1,cn-hangzhou,\"a\n\nb\"\n",
			want: []string{"2: 3 cells, the header has 5 (lines 2 to 4) | was the file cut off, or a quote not closed?"},
		},
		{
			name: "a quote inside a cell, and the rows after it",
			csv:  header + "m-1,cn-hangzhou,,5\" disk,\n\nm-2,cn-hangzhou,,bad,\n",
			want: []string{
				`2: a quote inside a cell that does not begin with one | put the cell in quotes and double those inside: "5"" disk"`,
				`4:image_name: "bad" is a bad name | take a good one`,
			},
		},
		{
			name: "text behind a closing quote, and the rows after it",
			csv:  header + "m-1,cn-hangzhou,\"a\nb\" c,new,\nm-2,cn-hangzhou,,bad,\n",
			want: []string{
				`2: text behind a closing quote in line 3 | double the quotes inside a cell: "say ""hi"""; rows near this one may have been misread`,
				`4:image_name: "bad" is a bad name | take a good one`,
			},
		},
		{
			name: "a stray quote in the header",
			csv:  "image_id,region\"_id\n",
			want: []string{`1: a quote inside a cell that does not begin with one; the rest of the file was not read` +
				` | put the cell in quotes and double those inside: "5"" disk"`},
		},
		{
			name: "a quote that is never closed",
			csv:  header + "m-1,cn-hangzhou,,new,\nm-2,cn-hangzhou,\"ol\nd\",\"new,\nm-3,cn-hangzhou,old,new,\n",
			want: []string{"5: the quote opened in line 4 is never closed; the rest of the file was not read"},
		},
		{
			name: "a comment that was meant as a row",
			csv:  "# a,b,c,d,e\n" + header + "# free, text\n#m-1,cn-hangzhou,old,new,\nm-2,cn-hangzhou,,new,\n",
			want: []string{`4: a comment with as many cells as the header, like a disabled row` +
				` | remove its # to do the row, or delete the line; a comment has fewer ","`},
		},
		{
			name: "commas in a comment's quotes do not count",
			csv:  header + "# see \"a,b,c,d,e\"\nm-2,cn-hangzhou,,new,\n",
		},
		{
			name: "a row about no image",
			csv:  header + ",cn-hangzhou,,new,\n",
			want: []string{"2: no image: image_id and current_name are blank"},
		},
		{
			name: "a row about no region",
			csv:  header + "m-1,,,new,\n",
			want: []string{"2:region_id: blank | fill it in, or give --default-region"},
		},
		{
			name:    "a default region",
			csv:     header + "m-1,,,new,\n",
			options: manifest.Options{DefaultRegion: "cn-beijing"},
		},
		{
			name: "a row that changes nothing",
			csv:  header + "m-1,cn-hangzhou,old,,tired\n",
			want: []string{"2: the row changes nothing | fill in image_name or another attribute, or delete the row"},
		},
		{
			name: "a row that changes nothing, in an export's columns",
			csv:  header + "m-1,cn-hangzhou,,,tired\n",
			want: []string{"2: the row changes nothing | fill in image_name or another attribute, or delete the row"},
		},
		{
			name: "an export's row of an image without a name",
			csv:  "image_id,region_id,current_name,image_name,x_shared\nm-1,cn-hangzhou,,,false\nm-2,cn-hangzhou,,,TRUE\n",
		},
		{
			name: "rows that are not an export's of an image without a name",
			csv: "image_id,region_id,current_name,image_name,x_shared\nm-1,cn-hangzhou,,,\nm-2,cn-hangzhou,old,,false\n" +
				",cn-hangzhou,old,,false\n",
			want: []string{
				"2: the row changes nothing | fill in image_name or another attribute, or delete the row",
				"3: the row changes nothing | fill in image_name or another attribute, or delete the row",
				"4: the row changes nothing | fill in image_name or another attribute, or delete the row",
			},
		},
		{
			name: "an export's columns without the condition",
			csv:  "image_id,region_id,image_name,x_shared\nm-1,cn-hangzhou,,false\n",
			want: []string{"2: the row changes nothing | fill in image_name or another attribute, or delete the row"},
		},
		{
			name: "cells of a quote, in a row that is else blank",
			csv:  header + "\"\"\"\",,,,\n,,,,\"\" \n",
			want: []string{
				"2:region_id: blank | fill it in, or give --default-region",
				"2: the row changes nothing | fill in image_name or another attribute, or delete the row",
				"3: text behind a closing quote in line 3 | double the quotes inside a cell: \"say \"\"hi\"\"\"; rows near this one may have been misread",
			},
		},
		{
			name: "one image in two rows of a lane",
			csv:  header + "m-1,cn-hangzhou,,a,\nm-1,cn-beijing,,b,\n\nm-1,cn-hangzhou,,c,\nm-1,cn-hangzhou,,d,\n",
			want: []string{
				`5:image_id: "m-1" is also in line 2`,
				`6:image_id: "m-1" is also in line 2`,
			},
		},
		{
			name: "one image in two rows by its name",
			csv:  header + ",cn-hangzhou,old,a,\n,cn-hangzhou,old,b,\nm-1,cn-hangzhou,old,c,\n",
			want: []string{`3:current_name: "old" is also in line 2`},
		},
		{
			name: "one name for two images of a lane",
			csv:  header + "m-1,cn-hangzhou,,a,\nm-2,cn-beijing,,a,\nm-3,cn-hangzhou,,a,\n",
			want: []string{`4:image_name: "a" is also in line 2`},
		},
		{
			name: "profiles are lanes of their own",
			csv:  "image_id,region_id,profile,image_name\nm-1,cn-hangzhou,,a\nm-1,cn-hangzhou,prod,a\n",
		},
		{
			name:    "the default profile is the lane of rows that name it",
			csv:     "image_id,region_id,profile,image_name\nm-1,cn-hangzhou,,a\nm-2,cn-hangzhou,prod,a\n",
			options: manifest.Options{DefaultProfile: "prod"},
			want:    []string{`3:image_name: "a" is also in line 2`},
		},
		{
			name: "a condition's value, at the line of its cell",
			csv:  "image_id,region_id,image_name,Current Status\nm-1,cn-hangzhou,\"a\nb\",available\n",
			want: []string{`3:current_status: "available" is no status`},
		},
		{
			name: "control and bidirectional characters come out escaped",
			csv:  header + "m-1,cn-hangzhou,,bad\u202e\u009b\u200b\x1b[2J\U000e0041,\n",
			want: []string{`2:image_name: "bad\u202e\u009b\u200b\x1b[2J\U000e0041" is a bad name | take a good one`},
		},
		{
			name: "control characters in the header come out escaped",
			csv:  "image_id,region_id,image_name,a\u2066b\x07\n",
			want: []string{
				`1: unknown column "a\u2066b\a" | columns are image_id, region_id, profile, image_name, description, ` +
					"image_family, status, boot_mode, license_type, nvme_support, imds_support, current_name, current_description, " +
					"current_image_family, current_status, current_boot_mode, current_license_type, current_nvme_support, " +
					"current_imds_support, note; one of your own begins with x_",
				"1: no rows | --allow-empty accepts that",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.options.Check = fussy
			f := read(t, tt.csv, tt.options)
			if diff := cmp.Diff(tt.want, lines(f.Problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if len(f.Warnings) > 0 {
				t.Errorf("warnings: %q", lines(f.Warnings))
			}
		})
	}
}
