// Package command runs another program that a person named in one line of text.
// No shell is involved. The program has a process group of its own, which ends
// as a whole. The package knows nothing of what the program is for.
package command

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// outputWait is how long what a program has started may keep its output open
// after its end.
const outputWait = 500 * time.Millisecond

// New returns a command in a process group of its own. All of the group is
// killed when ctx ends. argv has at least one word.
func New(ctx context.Context, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = outputWait
	cmd.Cancel = func() error { return Kill(cmd) }
	return cmd
}

// Kill kills the group of a command that was started, also when the command
// itself has ended: what it started may live on.
func Kill(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// The errors of Split.
var (
	ErrOpen  = errors.New("a quote or a backslash without its end")
	ErrEmpty = errors.New("empty")
)

// Split divides a command line into words at blanks, with the quotes and escapes
// of a POSIX shell and nothing else of it. The error is [ErrOpen] or [ErrEmpty].
func Split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune // 0 outside quotes
	inWord, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			escaped = false
			if r == '\n' {
				continue
			}
			if quote == '"' && !strings.ContainsRune("\"\\$`", r) {
				word.WriteRune('\\')
			}
			word.WriteRune(r)
			inWord = true
		case r == '\\' && quote != '\'':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && unicode.IsSpace(r):
			if inWord {
				words, inWord = append(words, word.String()), false
				word.Reset()
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 || escaped {
		return nil, ErrOpen
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, ErrEmpty
	}
	return words, nil
}
