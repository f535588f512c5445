package ecs

import "net/http"

// For tests of what cannot be seen from outside.
var (
	NewRequest = newRequest
	Discreet   = discreet
)

// DecodePage does with the body of a page what a client does.
func DecodePage(body []byte) error {
	var out listing
	if _, failure := decode(http.StatusOK, http.Header{}, body, &out); failure != nil {
		return failure
	}
	_, err := out.page()
	return err
}
