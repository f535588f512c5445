package ecs

import "net/http"

// Exported for tests of what cannot be seen from outside.
var (
	NewRequest            = newRequest
	NewHTTPClientDialling = newHTTPClient
	Discreet              = discreet
)

// DecodePage decodes the body of a page as a client does.
func DecodePage(body []byte) error {
	var out listing
	if _, failure := decode(http.StatusOK, http.Header{}, body, &out); failure != nil {
		return failure
	}
	_, err := out.page()
	return err
}
