import { CALM_RETRY, placeholder, type StateMachineDefinition } from './asl.ts'

/** Time between two looks. A wave of 200 sessions at 5 a second takes 40 s. */
const LOOK_EVERY_SECONDS = 5
/** 25,000 events is the end of an execution and a round takes fourteen: it hands over to a successor long before. */
const MAXIMUM_ROUNDS = 1_200

/**
 * Replaces the workers of a mode by those of the deployed version. Input {v:1, mode, rolloutId, generation}.
 * The row says what is wanted, the lambda decides one step from what is there; this machine only comes back until the
 * rollout has ended. If it is stopped half-way, the planner's tick starts another one.
 * @param alarmNames full names of the alarms that hold a rollout back
 */
export const rolloutWorkers = (
  alarmNames: readonly string[],
  lookEverySeconds = LOOK_EVERY_SECONDS,
): StateMachineDefinition => ({
  Comment: 'Replace workers wave by wave',
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  TimeoutSeconds: 26 * 3600,
  States: {
    Begin: {
      Type: 'Pass',
      Assign: {
        rounds: 0,
        mode: '{% $states.input.mode %}',
        rolloutId: '{% $states.input.rolloutId %}',
        generation: '{% $states.input.generation %}',
      },
      Next: 'LookAtAlarms',
    },
    LookAtAlarms: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:cloudwatch:describeAlarms',
      TimeoutSeconds: 30,
      Arguments: { AlarmNames: alarmNames, StateValue: 'ALARM' },
      Assign: { alarms: '{% [$states.result.MetricAlarms.AlarmName] %}' },
      Retry: [{ ...CALM_RETRY, ErrorEquals: [...CALM_RETRY.ErrorEquals, 'CloudWatch.CloudWatchException'] }],
      // Not seen is not calm: the step is made all the same (an abort must end it), and waits.
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Step', Assign: { alarms: null } }],
      Next: 'Step',
    },
    Step: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      TimeoutSeconds: 60,
      Arguments: {
        FunctionName: placeholder('PlannerFunctionArn'),
        Payload: { action: 'stepRollout', mode: '{% $mode %}', alarms: '{% $alarms %}' },
      },
      Assign: { answer: '{% $states.result.Payload %}', rounds: '{% $rounds + 1 %}' },
      Retry: [CALM_RETRY],
      Next: 'WhatNow',
    },
    WhatNow: {
      Type: 'Choice',
      Choices: [
        { Condition: "{% $not($answer.status in ['running', 'aborting']) %}", Next: 'Ended' },
        { Condition: `{% $rounds >= ${MAXIMUM_ROUNDS} %}`, Next: 'HandOver' },
      ],
      Default: 'Wait',
    },
    Wait: { Type: 'Wait', Seconds: lookEverySeconds, Next: 'LookAtAlarms' },
    HandOver: {
      Comment: 'An execution has room for 25,000 events; the next one goes on from the row',
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution',
      Arguments: {
        StateMachineArn: placeholder('OwnArn'),
        Name: "{% $rolloutId & '-' & $string($generation + 1) %}",
        Input: {
          v: 1,
          mode: '{% $mode %}',
          rolloutId: '{% $rolloutId %}',
          generation: '{% $generation + 1 %}',
        },
      },
      Retry: [CALM_RETRY],
      Catch: [{ ErrorEquals: ['StepFunctions.ExecutionAlreadyExistsException'], Next: 'Ended' }],
      Next: 'Ended',
    },
    Ended: { Type: 'Succeed', Output: '{% {"status": $answer.status, "because": $answer.because} %}' },
  },
})
