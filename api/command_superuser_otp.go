package api

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/schema"
)

const superuserOTPHelp = `Make a one-time password for a superuser and print it. It is the way in for whose
mails do not arrive; with a second method, it is one of the two. The collection
_superusers must allow one-time passwords.`

func newSuperuserOTPCommand(app *core.App) *cobra.Command {
	return &cobra.Command{
		Use:     "otp EMAIL",
		Short:   "Make a one-time password for a superuser",
		Long:    superuserOTPHelp,
		Example: "  loam superuser otp me@example.com",
		Args:    named("EMAIL"),
		RunE: task(func(cmd *cobra.Command, args []string) error {
			if err := mustExist(app); err != nil {
				return err
			}
			return beside(cmd, app, func() (string, error) { return superuserOTP(cmd.Context(), app, args[0]) })
		}),
	}
}

func superuserOTP(ctx context.Context, app *core.App, email string) (string, error) {
	if _, err := findSuperuser(ctx, app, email); err != nil {
		return "", err
	}
	otp, err := auth.New(app).NewOTP(ctx, schema.Superusers, email)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("One-time password of %s in %s, good for %v:\n  otpId     %s\n  password  %s", email, absolute(app), otp.Valid, otp.ID, otp.Password), nil
}
