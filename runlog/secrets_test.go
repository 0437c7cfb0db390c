package runlog

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"labbook/runlog/secrets"
)

func TestShownVariable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"GITHUB_TOKEN": Masked, "TOKENIZERS_PARALLELISM": "hunter2"} {
		if got := ShownVariable(name, "hunter2"); got != want {
			t.Errorf("%s=hunter2 is shown as %s, want %s", name, got, want)
		}
	}
}

func init() {
	roles["secrets"] = func() {
		run := Start()
		p := struct {
			Password, Label, URL string
			MaxTokens            int
		}{}
		if err := run.Params(&p); err != nil {
			panic(err)
		}
		say(p.Password, p.Label, p.URL, p.MaxTokens, ShownVariable("MY_ID", "hunter2"))
		run.End(nil)
	}
}

// Nothing of a program's secrets reaches the lab-book, and the program has all
// of them.
func TestSecretsAreNotRecorded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "book")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, secrets.FileName), []byte("MY_ID\n# a remark\nre:internal-[0-9]+\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, stdout := execute(t, dir, "secrets", []string{"-password", "hunter2", "-url=db://me:hunter2@host/", "-max-tokens=4096", "internal-5"},
		"LABBOOK_SET=label=internal-77", "DB_PASSWORD=hunter2", "MY_ID=hunter2", "LABBOOK_SECRETS=FROM_*", "FROM_X=hunter2")
	if p.exit != 0 || stdout != "hunter2 internal-77 db://me:hunter2@host/ 4096 "+Masked+"\n" || p.stderr.Len() > 0 {
		t.Fatalf("exit status %d, stdout %q, stderr %q", p.exit, stdout, &p.stderr)
	}
	run := onlyRun(t, dir)
	if want := []string{"-password", Masked, "-url=db://me:" + Masked + "@host/", "-max-tokens=4096", Masked}; !slices.Equal(run.Argv[1:], want) {
		t.Errorf("the arguments are %q, want %q", run.Argv[1:], want)
	}
	for _, entry := range []string{"DB_PASSWORD=" + Masked, "MY_ID=" + Masked, "FROM_X=" + Masked, "LABBOOK_SECRETS=FROM_*", "LABBOOK_SET=label=" + Masked} {
		if !slices.Contains(run.Env, entry) {
			t.Errorf("the environment lacks %q", entry)
		}
	}
	var params []string
	for _, p := range run.Params {
		params = append(params, p.Name+"="+p.Value)
	}
	if want := []string{"Password=" + Masked, "Label=" + Masked, "URL=db://me:" + Masked + "@host/", "MaxTokens=4096"}; !slices.Equal(params, want) {
		t.Errorf("the parameters are %q, want %q", params, want)
	}
	book, err := os.ReadFile(filepath.Join(dir, bookFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{"4096", "max-tokens"} {
		if !strings.Contains(string(book), kept) {
			t.Errorf("the lab-book lacks %s", kept)
		}
	}
}

// A mistake in a pattern is said, and the program is recorded all the same.
func TestBadPatternOfSecrets(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "book")
	p, _ := execute(t, dir, "secrets", nil, "LABBOOK_SECRETS=GOOD,A B,re:(", "GOOD=hunter2")
	said := p.stderr.String()
	if p.exit != 0 || strings.Count(said, "labbook: read LABBOOK_SECRETS: ") != 1 || !strings.Contains(said, `pattern "A B"`) || !strings.Contains(said, `pattern "re:("`) {
		t.Errorf("exit status %d, stderr %q", p.exit, said)
	}
	if run := onlyRun(t, dir); !slices.Contains(run.Env, "GOOD="+Masked) {
		t.Error("what is right in the patterns does not hold")
	}
}
