package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// needTools skips a test where programs are missing, unless CI asks for it.
func needTools(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("TEST_RECIPES") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

func mac(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(h, text)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// justNow returns an error unless a time in Unix seconds is the present.
func justNow(seconds string) error {
	at, err := strconv.ParseInt(seconds, 10, 64)
	if age := time.Since(time.Unix(at, 0)); err != nil || age < -time.Minute || age > time.Minute {
		return fmt.Errorf("the time %s", seconds)
	}
	return nil
}

// Each recipe of help on-finish tells its service, in the form that it asks for, what
// a person has to know; what a service refuses is a warning.
func TestRecipesOfOnFinish(t *testing.T) {
	needTools(t, "curl", "openssl", "jq", "base64")
	const secret = "SEC a+/="
	for _, test := range []struct {
		name   string
		env    func(address string) []string
		check  func(r *http.Request, body map[string]any) (text any, err error)
		yes    string // the reply
		no     string // the reply to what is refused
		noCode int
	}{
		{
			"dingtalk", func(address string) []string {
				return []string{"DINGTALK_WEBHOOK=" + address + "/robot/send?access_token=token", "DINGTALK_SECRET=" + secret}
			},
			func(r *http.Request, body map[string]any) (any, error) {
				q := r.URL.Query()
				at := q.Get("timestamp")
				if q.Get("access_token") != "token" || q.Get("sign") != mac(secret, at+"\n"+secret) || body["msgtype"] != "text" {
					return nil, fmt.Errorf("the signature %s of %s", q.Get("sign"), at)
				}
				return body["text"].(map[string]any)["content"], justNow(strings.TrimSuffix(at, "000"))
			}, `{"errcode":0,"errmsg":"ok"}`, `{"errcode":310000,"errmsg":"sign not match"}`, 200,
		},
		{
			"feishu", func(address string) []string {
				return []string{"FEISHU_WEBHOOK=" + address + "/open-apis/bot/v2/hook/token", "FEISHU_SECRET=" + secret}
			},
			func(r *http.Request, body map[string]any) (any, error) {
				at, _ := body["timestamp"].(string)
				if body["sign"] != mac(at+"\n"+secret, "") || body["msg_type"] != "text" {
					return nil, fmt.Errorf("the signature %s of %s", body["sign"], at)
				}
				return body["content"].(map[string]any)["text"], justNow(at)
			}, `{"code":0,"msg":"success"}`, `{"code":19021,"msg":"sign match fail"}`, 200,
		},
		{
			"wecom", func(address string) []string {
				return []string{"WECOM_WEBHOOK=" + address + "/cgi-bin/webhook/send?key=key"}
			},
			func(r *http.Request, body map[string]any) (any, error) {
				if r.URL.Query().Get("key") != "key" || body["msgtype"] != "text" {
					return nil, fmt.Errorf("the address %s", r.URL)
				}
				return body["text"].(map[string]any)["content"], nil
			}, `{"errcode":0,"errmsg":"ok"}`, `{"errcode":93000,"errmsg":"invalid webhook url"}`, 200,
		},
		{
			"healthchecks", func(address string) []string { return []string{"HEALTHCHECKS_URL=" + address + "/0000-1111"} },
			func(r *http.Request, body map[string]any) (any, error) {
				if r.URL.Path != "/0000-1111/20" || body["event"] != "summary" {
					return nil, fmt.Errorf("%s: %v", r.URL, body)
				}
				return "exit code 20, 1 refused, m-9: no image", nil
			}, "OK", "not found", 404,
		},
	} {
		for _, refused := range []bool{false, true} {
			t.Run(test.name+map[bool]string{true: " refused"}[refused], func(t *testing.T) {
				var problem error
				told := ""
				web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					var body map[string]any
					text, err := io.ReadAll(r.Body)
					if err == nil {
						err = json.Unmarshal(text, &body)
					}
					if err == nil {
						var said any
						said, err = test.check(r, body)
						told, _ = said.(string)
					}
					problem = err
					reply := test.yes
					if refused {
						reply = test.no
						w.WriteHeader(test.noCode)
					}
					_, _ = io.WriteString(w, reply)
				}))
				t.Cleanup(web.Close)
				said := finishWith(t, test.name, test.env(web.URL))
				if problem != nil {
					t.Error(problem)
				}
				for _, word := range []string{"exit code 20", "1 refused", "m-9: no image"} {
					if !strings.Contains(told, word) {
						t.Errorf("%q is not told: %q", word, told)
					}
				}
				if warned := strings.Contains(said, "warning: --on-finish"); warned != refused {
					t.Errorf("warned: %t\n%s", warned, said)
				}
				if strings.Contains(said, secret) || strings.Contains(said, url.QueryEscape(secret)) {
					t.Errorf("the secret is said: %s", said)
				}
			})
		}
	}
	t.Run("mail", func(t *testing.T) {
		folder := t.TempDir()
		sendmail := filepath.Join(folder, "sendmail")
		if err := os.WriteFile(sendmail, []byte("#!/bin/sh\n[ \"$*\" = -t ] && cat >'"+folder+"/sent'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		said := finishWith(t, "mail", []string{"MAILTO=oncall@example.com", "PATH=" + folder + ":" + os.Getenv("PATH")})
		mail, err := os.ReadFile(filepath.Join(folder, "sent"))
		want := "To: oncall@example.com\nSubject: imgrename: attention, exit code 20\nContent-Type: text/plain; charset=utf-8\n\n1 applied, 1 refused\n"
		if err != nil || !strings.HasPrefix(string(mail), want) || !strings.Contains(string(mail), "m-9: no image") || strings.Contains(said, "warning: --on-finish") {
			t.Errorf("%v: %s\n%s", err, mail, said)
		}
	})
}

// finishWith applies a manifest of which a row is refused, with a recipe, and returns
// what the program says.
func finishWith(t *testing.T, recipe string, env []string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"images.csv": "image_id,region_id,current_name\nm-1,cn-hangzhou,web\n",
		"names.csv":  "image_id,region_id,image_name\nm-1,cn-hangzhou,web-1\nm-9,cn-hangzhou,web-9\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, err := filepath.Abs("../../testdata/recipes/" + recipe)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("imgrename", "apply", "names.csv", "--simulate", "images.csv", "--yes", "-q", "--on-finish", "'"+path+"'")
	cmd.Dir, cmd.Env = folder, append(environment("", folder), env...)
	cmd.Env = append(cmd.Env, "IMGRENAME_ENDPOINT=")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != codeIncomplete {
		t.Errorf("%v\n%s", err, &said)
	}
	return said.String()
}
