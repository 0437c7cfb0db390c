package runlog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMaskSecrets(t *testing.T) {
	t.Parallel()
	got := maskSecrets([]string{
		"PATH=/bin", "GITHUB_TOKEN=abc", "AWS_SECRET_ACCESS_KEY=abc", "API_KEY=abc", "DB_PASSWORD=abc", "mysql_pwd=abc",
		"EMPTY_TOKEN=", "AUTHOR=me", "KEYBOARD=us", "ODD", "=C:=C:\\", "SSH_AUTH_SOCK=/tmp/agent",
		"DB_PASS=abc", "COMPASS=n", "SIGNING_KEY=abc", "DATABASE_URL=postgres://me:abc@host/db", "HOME_URL=https://host/",
	})
	want := []string{
		"PATH=/bin", "GITHUB_TOKEN=" + Masked, "AWS_SECRET_ACCESS_KEY=" + Masked, "API_KEY=" + Masked, "DB_PASSWORD=" + Masked, "mysql_pwd=" + Masked,
		"EMPTY_TOKEN=", "AUTHOR=me", "KEYBOARD=us", "ODD", "=C:=C:\\", "SSH_AUTH_SOCK=/tmp/agent",
		"DB_PASS=" + Masked, "COMPASS=n", "SIGNING_KEY=" + Masked, "DATABASE_URL=" + Masked, "HOME_URL=https://host/",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
