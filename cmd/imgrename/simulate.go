package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/ecs/ecssim"
)

type simulation struct {
	*common
	listen    string
	images    string
	regions   []string
	accessKey string
	quotas    []string
	denials   []string
	faults    []string
	settings  []string
	history   string
}

func newSimulate(c *common) *cobra.Command {
	s := &simulation{common: c}
	cmd := &cobra.Command{
		Use:  "simulate",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:0", "loopback `address` and port; port 0 takes a free one")
	f.StringVar(&s.images, "images", "100", "a `file` as export writes it, or how many images to make up in each region")
	f.StringSliceVar(&s.regions, "regions", nil, "`regions` that exist besides those of the file (default cn-hangzhou if there is no file)")
	f.StringVar(&s.accessKey, "access-key", "simulator:simulator", "the only access key accepted, as `ID:SECRET`")
	f.StringArrayVar(&s.quotas, "quota", nil, "`limit` of calls for each region and operation, such as 1000/60s by the clock minute, or for one operation (repeatable)")
	f.StringArrayVar(&s.faults, "fault", nil, "inject this `fault`, such as lost-after:0.01 (repeatable)")
	f.StringArrayVar(&s.denials, "deny", nil, "forbid an `action`, such as ecs:ModifyImageAttribute=m-prod-* (repeatable)")
	f.StringArrayVar(&s.settings, "set", nil, "change a setting, `NAME=VALUE`, such as latency=80ms or read-lag=3s (repeatable)")
	f.StringVar(&s.history, "history", "", "record every call and its result in this `file`, as JSON Lines")
	return cmd
}

func (s *simulation) run(ctx context.Context) error {
	host, _, err := net.SplitHostPort(s.listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &usageError{hinted{fmt.Errorf("--listen %q: not a loopback address", s.listen), "use one such as 127.0.0.1:8080"}}
	}
	id, secret, ok := strings.Cut(s.accessKey, ":")
	if !ok || id == "" || secret == "" {
		return &usageError{errors.New("--access-key: expected ID:SECRET")}
	}
	for _, region := range s.regions {
		if err := checkRegion(region); err != nil {
			return &usageError{fmt.Errorf("--regions: %w", err)}
		}
	}
	config, err := s.config(id, secret)
	if err != nil {
		return err
	}
	closeHistory := func() error { return nil }
	if s.history != "" {
		file, err := os.OpenFile(s.history, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("history: %w", err)
		}
		config.History, closeHistory = file, file.Close
	}
	defer closeHistory() // again, which fails, after success
	server, err := ecssim.New(config)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.listen, errors.Unwrap(err))
	}
	address := "http://" + listener.Addr().String()
	fmt.Fprintf(s.out, "# simulated ECS and STS at %s; press Ctrl-C to stop it\n", address)
	fmt.Fprintf(s.out, "export IMGRENAME_ENDPOINT=%s\n", address)
	fmt.Fprintf(s.out, "export ALIBABA_CLOUD_ACCESS_KEY_ID=%s\n", shellWord(id))
	fmt.Fprintf(s.out, "export ALIBABA_CLOUD_ACCESS_KEY_SECRET=%s\n", shellWord(secret))
	if err := serve(ctx, listener, server); err != nil {
		return err
	}
	if err := errors.Join(server.Err(), closeHistory()); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

// serve serves until ctx ends, and then lets calls finish for a second.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	web := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := web.Shutdown(late); err != nil {
		return web.Close()
	}
	return nil
}

// config returns the simulator that the flags describe.
func (s *simulation) config(id, secret string) (config ecssim.Config, err error) {
	config.Forget = true
	key := ecssim.Key{AccessKeyID: id, Secret: secret}
	deny := func(text string) error {
		d, err := ecssim.ParseDenial(text)
		key.Denied = append(key.Denied, d)
		return err
	}
	inject := func(text string) error {
		f, err := ecssim.ParseFault(text)
		config.Faults = append(config.Faults, f)
		return err
	}
	for _, flag := range []struct {
		name   string
		values []string
		read   func(string) error
	}{
		{"quota", s.quotas, config.SetQuota},
		{"deny", s.denials, deny},
		{"fault", s.faults, inject},
		{"set", s.settings, config.Set},
	} {
		for _, text := range flag.values {
			if err := flag.read(text); err != nil {
				err = fmt.Errorf("--%s: %w", flag.name, err)
				return config, &usageError{hinted{err, "see imgrename help faults"}}
			}
		}
	}
	images, err := s.inventory()
	config.Accounts = []ecssim.Account{{Keys: []ecssim.Key{key}, Regions: images}}
	return config, err
}

// inventory returns the images by region: made up, or those of a file.
func (s *simulation) inventory() (map[string][]ecssim.Image, error) {
	if n, err := strconv.Atoi(s.images); err == nil {
		if n < 0 || n > 1_000_000 {
			return nil, &usageError{fmt.Errorf("--images %d: must be 0 to 1000000", n)}
		}
		return ecssim.Generate(n, s.regions...), nil
	}
	file, err := s.readInventory(s.images)
	if err != nil {
		return nil, err
	}
	regions := make(map[string][]ecssim.Image)
	for _, region := range s.regions {
		regions[region] = nil
	}
	for i := range file.Rows {
		row := &file.Rows[i]
		image, err := simulated(s.images, row, file.Extra)
		if err != nil {
			return nil, err
		}
		regions[row.RegionID] = append(regions[row.RegionID], image)
	}
	return regions, nil
}
