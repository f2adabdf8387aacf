import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import semver from "semver";

// A program of its own, so that a download that hangs can be ended: `node installPulumi.ts VERSION FOLDER`.
const [version = "", root = ""] = process.argv.slice(2);
const command = await PulumiCommand.install({ version: semver.parse(version, {}, true), root });
process.stdout.write(`${command.command}\n`);
