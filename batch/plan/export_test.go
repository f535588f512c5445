package plan

import "io"

// DecodeLoosely is Decode for a file that Encode has not written like that.
func DecodeLoosely(r io.Reader) (*Saved, error) {
	f, err := decode(r)
	if err != nil {
		return nil, err
	}
	return f.saved, nil
}
