/** Validation of a VolumeAttachment. */
import { Buffer } from "node:buffer";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooLong } from "#apimachinery/field-error.ts";
import {
  isDNS1123Subdomain,
  rangeSentence,
  validateDeclaredImmutable,
} from "#apimachinery/validate.ts";
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from "#gen/api/storage/v1.ts";
import { validateInlineVolume } from "#resources/core/v1/persistent-volume-validation.ts";
import { csiDriverName } from "#resources/core/v1/pod-spec/validate-volumes.ts";

const specPath = new Path("spec");
const statusPath = new Path("status");
/** Names and values together. */
const metadataBytesMax = 256 * 1024;
const messageBytesMax = 1024;
const errorCodeMax = 2 ** 31 - 1;

export function validateVolumeAttachment({ spec, status }: VolumeAttachment): FieldError[] {
  const checks = new FieldChecks();
  csiDriverName(checks, specPath.child("attacher"), spec.attacher ?? "");
  validateSource(checks, spec.source ?? {}, specPath.child("source"));
  const { nodeName = "" } = spec;
  checks.each(specPath.child("nodeName"), nodeName, isDNS1123Subdomain(nodeName));
  const pairs = Object.entries(status?.attachmentMetadata ?? {});
  const bytes = pairs.reduce((sum, pair) => sum + Buffer.byteLength(pair.join("")), 0);
  if (bytes > metadataBytesMax)
    checks.add([tooLong(statusPath.child("attachmentMetadata"), metadataBytesMax)]);
  validateError(checks, status?.attachError, statusPath.child("attachError"));
  validateError(checks, status?.detachError, statusPath.child("detachError"));
  const { persistentVolumeName } = spec.source ?? {};
  checks.subdomain(specPath.child("source", "persistentVolumeName"), persistentVolumeName);
  return checks.errors;
}

function validateSource(checks: FieldChecks, source: VolumeAttachmentSource, path: Path): void {
  const { inlineVolumeSpec, persistentVolumeName } = source;
  const sentence = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  const namePath = path.child("persistentVolumeName");
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined)
    checks.required(path, sentence);
  else if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined)
    checks.forbidden(path, sentence);
  else if (inlineVolumeSpec !== undefined)
    checks.add(validateInlineVolume(inlineVolumeSpec, path.child("inlineVolumeSpec")));
  else if (persistentVolumeName === "")
    checks.required(namePath, "must specify non empty persistentVolumeName");
}

function validateError(checks: FieldChecks, error: VolumeError | undefined, path: Path): void {
  if (error === undefined) return;
  if (Buffer.byteLength(error.message ?? "") > messageBytesMax)
    checks.add([tooLong(path.child("message"), messageBytesMax)]);
  if ((error.errorCode ?? 0) < 0)
    checks.invalid(path.child("errorCode"), error.errorCode, rangeSentence(0, errorCodeMax));
}

export function validateVolumeAttachmentUpdate(
  attachment: VolumeAttachment,
  old: VolumeAttachment,
): FieldError[] {
  return [
    ...validateVolumeAttachment(attachment),
    ...validateDeclaredImmutable(attachment.spec, old.spec, specPath),
  ];
}
