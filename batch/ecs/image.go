package ecs

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
	"unique"
)

// The statuses that an edit can set.
const (
	Available  = "Available"
	Deprecated = "Deprecated"
)

// An Image is what DescribeImages says about one image.
type Image struct {
	ID string
	Attributes
	// Created is the creation time as the API writes it: RFC 3339 in UTC, so
	// that comparing the texts compares the times.
	Created string
	// Shared is set if other accounts may use the image.
	Shared bool
	// Public is set if the image is published as a community image, which every
	// account may use.
	Public bool
	// InUse is set if instances were made from the image.
	InUse bool
	// ResourceGroupID is empty for the default group.
	ResourceGroupID string
	// Tags are in the API's order, nil if there are none. Images with like tags
	// share the memory of their texts.
	Tags []Tag
}

// A Tag is a key with a value, which may be empty.
type Tag struct{ Key, Value string }

// wireImage is an image as the API sends it. Types differ between editions of
// the API (a flag may be a string, a boolean or a number), so each field is a
// text, which accepts them all.
type wireImage struct {
	ImageID         text `json:"ImageId"`
	ImageName       text
	Description     text
	ImageFamily     text
	Status          text
	BootMode        text
	LicenseType     text
	CreationTime    text
	IsSelfShared    text
	IsPublic        text
	Usage           text
	ResourceGroupID text `json:"ResourceGroupId"`
	Features        features
	Tags            tags
}

func (w wireImage) image() Image {
	return Image{
		ID: string(w.ImageID),
		Attributes: Attributes{
			ImageName:   string(w.ImageName),
			Description: string(w.Description),
			ImageFamily: string(w.ImageFamily),
			Status:      w.Status.word(),
			BootMode:    w.BootMode.word(),
			LicenseType: w.LicenseType.word(),
			NvmeSupport: w.Features.NvmeSupport.word(),
			ImdsSupport: w.Features.ImdsSupport.word(),
		},
		Created:         string(w.CreationTime),
		Shared:          w.IsSelfShared.truth(),
		Public:          w.IsPublic.truth(),
		InUse:           strings.EqualFold(string(w.Usage), "instance"),
		ResourceGroupID: w.ResourceGroupID.word(),
		Tags:            w.Tags,
	}
}

// text decodes a JSON string, number, boolean or null into text.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		*t = ""
		return nil
	case '"':
		if plain := b[1 : len(b)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
			*t = text(plain) // nothing to decode, as nearly always
			return nil
		}
		return json.Unmarshal(b, (*string)(t))
	case '{', '[':
		return errors.New("a single value was expected")
	default:
		*t = text(b)
		return nil
	}
}

// word returns the text of a field with few values, whose memory is shared.
func (t text) word() string { return unique.Make(string(t)).Value() }

func (t text) truth() bool {
	return strings.EqualFold(string(t), "true") || t == "1"
}

// features is an object. Some editions leave it out, or send an empty string or
// list instead.
type features struct{ NvmeSupport, ImdsSupport text }

func (f *features) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return nil
	}
	type plain features // without this method
	return json.Unmarshal(b, (*plain)(f))
}

// tags is a list within an object. Some editions leave it out, or send an empty
// string or the list itself.
type tags []Tag

func (t *tags) UnmarshalJSON(b []byte) error {
	*t = nil
	if bytes.IndexByte(b[1:], '{') < 0 {
		return nil // no tag, as mostly
	}
	type wireTag struct{ TagKey, TagValue text }
	var wire struct{ Tag []wireTag }
	var err error
	switch b[0] {
	case '{':
		err = json.Unmarshal(b, &wire)
	case '[':
		err = json.Unmarshal(b, &wire.Tag)
	}
	for _, tag := range wire.Tag {
		*t = append(*t, Tag{tag.TagKey.word(), tag.TagValue.word()})
	}
	return err
}
