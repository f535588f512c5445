package credentials

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unicode"

	"imgrename/batch/ecs"
)

// outputWait is how long a process's children may keep its output open after
// its end.
const outputWait = 500 * time.Millisecond

// external gets keys from a process, whose output is a profile. It is run once
// for keys that do not say when they expire. Neither its command line nor its
// output gets into an error, for both may hold secrets.
func (f *finder) external(p profile) (fetch, error) {
	if err := f.mayStart("process_command"); err != nil {
		return nil, err
	}
	argv, err := split(p.Command)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, refused ecs.Credentials) (keys, error) {
		output, err := run(ctx, argv)
		if err != nil {
			return keys{}, err
		}
		var given profile
		if json.Unmarshal(output, &given) != nil {
			return keys{}, refuse("the output of its process is not the JSON of a profile").advise("run its process_command to see what it prints")
		}
		expires, err := expiry(given.Expiration)
		if err != nil {
			return keys{}, refuse("the output of its process: expiration is not a time")
		}
		if given.Expires == 0 && !expires.IsZero() {
			given.Expires = expires.Unix()
		}
		from, err := f.given(given)
		if err != nil {
			return keys{}, inOutput(err)
		}
		got, err := from(ctx, refused)
		return got, inOutput(err)
	}, nil
}

// given is the fetch of a profile that is in no file. A process must not start
// others.
func (f *finder) given(p profile) (fetch, error) {
	mode, err := p.mode()
	if err != nil {
		return nil, err
	}
	switch mode {
	case "AK":
		if p.Expires != 0 { // long-term keys that are replaced all the same
			k, err := configLabels.keys(p.KeyID, p.Secret, "", p.expires())
			return fixed(k), err
		}
	case "StsToken", "RamRoleArn", "EcsRamRole":
	default:
		return nil, refuse("mode %s is not supported there", mode)
	}
	return f.fetchOf(book{}, profiles{}, p, nil)
}

func inOutput(err error) error {
	r, ok := asRefusal(err)
	if !ok {
		return err
	}
	named := *r
	named.reason = "the output of its process: " + r.reason
	return &named
}

// run returns what a process prints. It ends with ctx, and all that it started
// in its group with it. It has no input, and its error output is dropped.
func run(ctx context.Context, argv []string) ([]byte, error) {
	runtime.LockOSThread() // see group: the thread that starts the process has to live
	defer runtime.UnlockOSThread()
	var output capped
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout = &output
	cmd.SysProcAttr = group()
	cmd.WaitDelay = outputWait
	end := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = end
	if err := cmd.Start(); err != nil {
		if e, ok := errors.AsType[*exec.Error](err); ok {
			err = e.Err
		}
		return nil, refuse("its process_command cannot be started: %v", reasonOf(err))
	}
	err := cmd.Wait()
	if ctx.Err() != nil {
		_ = end() // children that were born while it ended, or outlived it
		return nil, ctx.Err()
	}
	if output.full {
		_ = end()
		return nil, refuse("its process printed more than %d bytes", maxAnswer)
	}
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, refuse("its process ended with %s", e.ProcessState).advise("run its process_command to see why")
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return nil, refuse("its process_command failed")
	}
	return output.text.Bytes(), nil
}

// capped keeps what a process prints, up to maxAnswer bytes. It does not embed
// the buffer, whose ReadFrom knows no limit.
type capped struct {
	text bytes.Buffer
	full bool
}

var errFull = errors.New("too much output")

func (c *capped) Write(p []byte) (int, error) {
	if c.text.Len()+len(p) > maxAnswer {
		c.full = true
		return 0, errFull
	}
	return c.text.Write(p)
}

// split divides a command line into words at blanks, with the quotes and
// escapes of a POSIX shell and nothing else of it.
func split(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune // 0 outside quotes
	inWord, escaped := false, false
	for _, r := range command {
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
		return nil, refuse("process_command has a quote or a backslash without its end")
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, refuse("process_command is empty")
	}
	return words, nil
}
