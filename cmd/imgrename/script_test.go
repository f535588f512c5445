package main

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"imgrename/batch/ecs/ecssim"
)

// inEnglish runs the tests without the language of the developer.
type inEnglish struct{ *testing.M }

func (e inEnglish) Run() int {
	_ = os.Setenv("LC_ALL", "C")
	return e.M.Run()
}

func TestMain(m *testing.M) {
	testscript.Main(inEnglish{m}, map[string]func(){"imgrename": main})
}

// TestScript runs the command line's behaviour, one script each, against the
// real client and the simulator over a socket.
func TestScript(t *testing.T) {
	hangUps(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			repo, err := os.Getwd()
			env.Setenv("TESTDATA", strings.TrimSuffix(repo, "cmd/imgrename")+"testdata")
			env.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
			env.Setenv("IMGRENAME_RATE", "5000/s")
			env.Setenv("IMGRENAME_SETTLE", "300ms")
			env.Setenv("GORACE", "atexit_sleep_ms=0") // a program built with -race sleeps for a second else
			env.Setenv("IMGRENAME_STATE_DIR", filepath.Join(env.WorkDir, ".state"))
			env.Values[simulatorKey{}] = new(*ecssim.Server)
			env.Values[holdKey{}] = new(hold)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"simulator": startSimulator,
			"writes":    expectWrites,
			"named":     expectName,
			"rename":    renameBehind,
			"code":      expectCode,
			"interrupt": interruptAfter,
			"killed":    killAfter,

			"interrupt-twice": interruptTwice,
			"terminate-twice": terminateTwice,
		},
	})
}

// hangUps lets SIGHUP end the programs of a test even if the test runs under
// nohup: they inherit that a signal is ignored, but not that it is caught.
func hangUps(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
		t.Cleanup(func() { signal.Ignore(syscall.SIGHUP) })
	}
}

type simulatorKey struct{}

// holdKey is for the hold before the script's simulators.
type holdKey struct{}

const simulatedAccount = "1000000000000001"

// serverOf is the script's simulator.
func serverOf(ts *testscript.TestScript) **ecssim.Server {
	return ts.Value(simulatorKey{}).(**ecssim.Server)
}

// startSimulator serves a simulator for the rest of the script and points the
// environment at it: simulator N [latency=D] [quota=Q] [fault=F]... [regions=a+b] [imds=VALUE] [foreign=ID]...
func startSimulator(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	regions := []string{"cn-hangzhou"}
	config := ecssim.Config{}
	var foreign []ecssim.Image
	imds := ""
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "latency":
			config.Latency.Median, err = time.ParseDuration(value)
		case "quota":
			config.Quota, err = ecssim.ParseQuota(value)
		case "fault":
			var fault ecssim.Fault
			fault, err = ecssim.ParseFault(value)
			config.Faults = append(config.Faults, fault)
		case "imds": // of the first image
			imds = value
		case "foreign":
			foreign = append(foreign, ecssim.Image{ID: value, Name: "somebody-elses", OwnerAlias: "others"})
		case "regions":
			regions = strings.Split(value, "+")
		default:
			ts.Fatalf("simulator: unknown option %s", arg)
		}
		ts.Check(err)
	}
	images := ecssim.Generate(n, regions...)
	images[regions[0]] = append(images[regions[0]], foreign...)
	if imds != "" {
		images[regions[0]][0].ImdsSupport = imds
	}
	config.Accounts = []ecssim.Account{{
		ID: simulatedAccount, Regions: images,
		Keys: []ecssim.Key{{AccessKeyID: "simulator", Secret: "sim-secret-do-not-show"}},
	}}
	server, err := ecssim.New(config)
	ts.Check(err)
	web := httptest.NewServer(ts.Value(holdKey{}).(*hold).wrap(server))
	ts.Defer(web.Close)
	*serverOf(ts) = server
	ts.Setenv("IMGRENAME_ENDPOINT", web.URL)
	ts.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "simulator")
	ts.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "sim-secret-do-not-show")
}

// writes counts the calls that could change something, whether or not they did.
func writes(ts *testscript.TestScript) int {
	n := 0
	for _, call := range (*serverOf(ts)).History() {
		if call.Action == "ModifyImageAttribute" {
			n++
		}
	}
	return n
}

// expectWrites: writes N
func expectWrites(ts *testscript.TestScript, _ bool, args []string) {
	if got := writes(ts); strconv.Itoa(got) != args[0] {
		ts.Fatalf("%d writes, want %s", got, args[0])
	}
}

// expectName: [!] named REGION ID NAME
func expectName(ts *testscript.TestScript, neg bool, args []string) {
	for _, image := range (*serverOf(ts)).Images(simulatedAccount, args[0]) {
		if image.ID == args[1] && (image.Name == args[2]) == neg {
			ts.Fatalf("%s is named %s", image.ID, image.Name)
		}
	}
}

// renameBehind renames an image as somebody else would: rename REGION ID NAME
func renameBehind(ts *testscript.TestScript, _ bool, args []string) {
	for _, image := range (*serverOf(ts)).Images(simulatedAccount, args[0]) {
		if image.ID == args[1] {
			image.Name = args[2]
			ts.Check((*serverOf(ts)).Put(simulatedAccount, args[0], image))
			return
		}
	}
	ts.Fatalf("no image %s", args[1])
}

// expectCode runs a command and checks its exit code: code N COMMAND ARG... In
// what it prints, run ids become r-RUN.
func expectCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	fmt.Fprint(ts.Stdout(), runID.ReplaceAllString(stdout, "r-RUN"))
	fmt.Fprint(ts.Stderr(), runID.ReplaceAllString(stderr, "r-RUN"))
	ended(ts, args[0], err)
	if slices.Contains(args, "--json") && args[1] == "imgrename" && !slices.Contains(args, "help") && !strings.HasPrefix(stdout, "image_id") {
		ts.Check(checkEvents(stdout))
	}
}

var runID = regexp.MustCompile(`r-[0-9]{8}-[0-9]{6}-[0-9a-f]{4}`)

func ended(ts *testscript.TestScript, want string, err error) {
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// interruptAfter sends SIGINT once the simulator has seen so many writes:
// interrupt CODE WRITES COMMAND ARG...
func interruptAfter(ts *testscript.TestScript, _ bool, args []string) {
	cmd := startUntil(ts, args[1], args[2:])
	ts.Check(cmd.Process.Signal(os.Interrupt))
	ended(ts, args[0], cmd.Wait())
}

// interruptTwice is interruptAfter with a second signal right after the first.
func interruptTwice(ts *testscript.TestScript, _ bool, args []string) {
	cmd := startUntil(ts, args[1], args[2:])
	ts.Check(cmd.Process.Signal(os.Interrupt))
	<-time.After(secondAfter + secondAfter/10)
	ended(ts, args[0], errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()))
}

// terminateTwice sends a command two signals at once, as timeout does:
// terminate-twice CODE WRITES COMMAND ARG...
func terminateTwice(ts *testscript.TestScript, _ bool, args []string) {
	cmd := startUntil(ts, args[1], args[2:])
	ended(ts, args[0], errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()))
}

// killAfter kills a command once the simulator has seen so many writes, and lets it
// see no more of them: killed WRITES COMMAND ARG...
func killAfter(ts *testscript.TestScript, _ bool, args []string) {
	after, err := strconv.Atoi(args[0])
	ts.Check(err)
	held := ts.Value(holdKey{}).(*hold)
	held.after(after - writes(ts))
	cmd := startUntil(ts, args[0], args[1:])
	ts.Check(cmd.Process.Kill())
	_ = cmd.Wait() // killed, as it was meant to be
	held.release()
}

// startUntil starts a command and returns when the simulator has seen so many
// writes.
func startUntil(ts *testscript.TestScript, count string, args []string) *exec.Cmd {
	after, err := strconv.Atoi(count)
	ts.Check(err)
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	cmd.Env = append(os.Environ(), "IMGRENAME_ENDPOINT="+ts.Getenv("IMGRENAME_ENDPOINT"), "IMGRENAME_RATE="+ts.Getenv("IMGRENAME_RATE"),
		"IMGRENAME_SETTLE="+ts.Getenv("IMGRENAME_SETTLE"), "GORACE="+ts.Getenv("GORACE"),
		"IMGRENAME_STATE_DIR="+ts.Getenv("IMGRENAME_STATE_DIR"),
		"ALIBABA_CLOUD_ACCESS_KEY_ID="+ts.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"),
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET="+ts.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
	ts.Check(cmd.Start())
	for deadline := time.Now().Add(time.Minute); writes(ts) < after; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			ts.Fatalf("only %d writes in a minute", writes(ts))
		}
	}
	return cmd
}
