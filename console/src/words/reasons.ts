/** Reason codes of decisions, as `domain/case/reason_codes.rs` defines them. Words are in `i18n`. */

/** 误报: what the camera showed was nothing to file. */
export const FALSE_ALARM = [
  'light_or_reflection',
  'rain_snow_fog',
  'passing_or_brief_stop',
  'sanitation_at_work',
  'within_permit',
  'wrong_object',
  'wrong_zone',
  'duplicate',
  'picture_fault',
  'cannot_tell',
  'privacy',
] as const;

/** 不予立案: it may be there, but no case is to be filed. */
export const NOT_FILED = [
  'outside_jurisdiction',
  'already_gone',
  'licensed',
  'insufficient_evidence',
] as const;

/** 返工: the crew has to come again. */
export const REWORK = ['not_cleared', 'partly_cleared', 'wrong_place', 'came_back'] as const;

/** 结案 by a person: how the person knows. */
export const CLOSE = [
  'seen_cleared_on_site',
  'seen_cleared_in_pictures',
  'handled_elsewhere',
] as const;

/** 退回: why a unit says that it is not its duty. */
export const RETURN = ['not_our_duty', 'outside_our_area', 'facts_unclear'] as const;

/** 挂账, 延期: what the unit cannot hasten. */
export const WAITS = ['needs_coordination', 'needs_works', 'needs_procedure', 'weather'] as const;

/** One key a reason, in the order in which the hub lists them. */
export const REASON_KEYS = '123456789abcdefghijklmnopqrstuvwxyz'.split('');

export interface ReasonGroup {
  title: '' | 'falseAlarm' | 'notFiled';
  codes: string[];
}

/** False alarms and refusals apart where a decision offers both; the hub's order inside each. */
export function groupReasons(codes: readonly string[]): ReasonGroup[] {
  const refusals: readonly string[] = NOT_FILED;
  const alarms: readonly string[] = FALSE_ALARM;
  if (!codes.some((code) => alarms.includes(code))) return [{ title: '', codes: [...codes] }];
  const notFiled = codes.filter((code) => refusals.includes(code));
  const rest = codes.filter((code) => !refusals.includes(code));
  const groups: ReasonGroup[] = [{ title: 'falseAlarm', codes: rest }];
  if (notFiled.length > 0) groups.push({ title: 'notFiled', codes: notFiled });
  return groups;
}
