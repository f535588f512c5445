// Package browser looks at the pages of a review in a real browser, Debian's
// chromium. It is a module of its own, so that nobody who builds the program
// needs what drives the browser.
package browser
